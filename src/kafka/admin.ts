import { setTimeout as sleep } from 'node:timers/promises'
import type { Admin } from 'kafkajs'
import { Fault } from '../events/fault.ts'
import { ConfigResourceTypes } from './client.ts'
import { type KafkaSettings, kafkaClient } from './connect.ts'
import { coordinatorMoves } from './patches/groups.ts'
import { fetchMetadata, fetchMetadataOfEach } from './patches/metadata.ts'

export type TopicShape = { readonly name: string; readonly partitions: number; readonly replicationFactor: number }
export type NewTopic = TopicShape & { readonly config: Readonly<Record<string, string>> }

const UNTIL_KNOWN_MS = 30_000
const POLL_MS = 100
const COORDINATOR_TRIES = 100

async function withAdmin<T>(client: KafkaSettings, use: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = kafkaClient(client).admin()
  try {
    await admin.connect()
    return await use(admin)
  } finally {
    await admin.disconnect()
  }
}

/** Those of the topics that exist. */
export async function describeTopics(client: KafkaSettings, names: readonly string[]): Promise<Map<string, TopicShape>> {
  const { topics } = await fetchMetadata(kafkaClient(client), names)
  return new Map(
    topics
      .filter(({ errorCode }) => errorCode === 0)
      .map(({ name, partitions, replicationFactor }) => [name, { name, partitions, replicationFactor }]),
  )
}

/** Partitions by topic, in the order asked. Throws `topic_missing` naming those that do not exist. */
export async function partitionCounts(client: KafkaSettings, names: readonly string[]): Promise<Map<string, number>> {
  const found = await describeTopics(client, names)
  const missing = names.filter((name) => !found.has(name))
  if (missing.length > 0) throw new Fault('topic_missing', `Topics are missing: ${missing.join(', ')}. Run the topics command.`)
  return new Map(names.map((name) => [name, found.get(name)?.partitions ?? 0]))
}

/** Creates what does not exist and waits until every broker of the cluster knows it and who leads each partition of it: whoever asks
 *  next may ask any of them, and one that has not heard of it says that there is no such topic. */
export async function createTopics(client: KafkaSettings, topics: readonly NewTopic[]): Promise<void> {
  const missing = await withAdmin(client, async (admin) => {
    const existing = new Set(await admin.listTopics())
    const missing = topics.filter(({ name }) => !existing.has(name))
    if (missing.length === 0) return []
    await admin.createTopics({
      waitForLeaders: false,
      topics: missing.map(({ name, partitions, replicationFactor, config }) => ({
        topic: name,
        numPartitions: partitions,
        replicationFactor,
        configEntries: Object.entries(config).map(([key, value]) => ({ name: key, value })),
      })),
    })
    return missing.map(({ name }) => name)
  })
  if (missing.length > 0) await untilKnown(client, missing)
}

async function untilKnown(client: KafkaSettings, names: readonly string[]): Promise<void> {
  const giveUpAt = performance.now() + UNTIL_KNOWN_MS
  for (;;) {
    const told = await fetchMetadataOfEach(kafkaClient(client), names).catch(() => []) // a broker that has gone is not asked again
    const topics = told.flatMap(({ topics }) => topics)
    if (topics.length > 0 && topics.every(({ errorCode, leaderless }) => errorCode === 0 && leaderless.length === 0)) return
    if (performance.now() > giveUpAt) {
      throw new Fault('broker_unreachable', `Not every broker knows ${names.join(', ')} and their leaders after 30 s.`)
    }
    await sleep(POLL_MS)
  }
}

/** What is set on each topic, defaults included. */
export async function topicConfigs(client: KafkaSettings, names: readonly string[]): Promise<Map<string, Record<string, string>>> {
  if (names.length === 0) return new Map()
  return withAdmin(client, async (admin) => {
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: names.map((name) => ({ type: ConfigResourceTypes.TOPIC, name })),
    })
    return new Map(
      resources.map(({ resourceName, configEntries }) => [
        resourceName,
        Object.fromEntries(configEntries.map(({ configName, configValue }) => [configName, configValue])),
      ]),
    )
  })
}

/** Committed offsets of a group, once stable; -1 = none. */
export async function committedOffsets(client: KafkaSettings, groupId: string, topic: string): Promise<Map<number, number>> {
  return withAdmin(client, async (admin) => {
    for (let tries = 1; ; tries++) {
      try {
        const [found] = await admin.fetchOffsets({ groupId, topics: [topic] })
        return new Map(found?.partitions.map(({ partition, offset }) => [partition, Number(offset)]))
      } catch (error) {
        // A broker that has just started loads its groups first.
        if (tries === COORDINATOR_TRIES || !coordinatorMoves(error)) throw error
      }
      await sleep(POLL_MS)
    }
  })
}

/** Log start and end by partition, whatever the isolation level. */
export async function logOffsets(client: KafkaSettings, topic: string): Promise<Map<number, { start: number; end: number }>> {
  for (let tries = 1; ; tries++) {
    try {
      return await withAdmin(client, async (admin) => {
        const found = await admin.fetchTopicOffsets(topic)
        return new Map(found.map(({ partition, low, high }) => [partition, { start: Number(low), end: Number(high) }]))
      })
    } catch (error) {
      // A leader has just moved; a new client asks where to.
      if (tries === COORDINATOR_TRIES || !leaderMoves(error)) throw error
    }
    await sleep(POLL_MS)
  }
}

const LEADER_MOVES = new Set(['NOT_LEADER_FOR_PARTITION', 'LEADER_NOT_AVAILABLE', 'REPLICA_NOT_AVAILABLE'])
const leaderMoves = (error: unknown): boolean =>
  error instanceof Error && (('type' in error && LEADER_MOVES.has(String(error.type))) || leaderMoves(error.cause))

/** Ids of the brokers that are in the cluster now. */
export const describeBrokers = (client: KafkaSettings): Promise<number[]> =>
  withAdmin(client, async (admin) => (await admin.describeCluster()).brokers.map(({ nodeId }) => nodeId))
