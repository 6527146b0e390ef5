import { setTimeout as sleep } from 'node:timers/promises'
import type { Admin } from 'kafkajs'
import { committedOffsets, logOffsets } from '../../../src/kafka/admin.ts'
import { ConfigResourceTypes } from '../../../src/kafka/client.ts'
import { type KafkaSettings, kafkaClient } from '../../../src/kafka/connect.ts'
import { settled } from '../../support/run-through.ts'

const POLICY = 'cleanup.policy'
/** A setting of the topic itself. https://kafka.apache.org/protocol#The_Messages_DescribeConfigs */
const OF_TOPIC = 1
const EMPTY_WITHIN_MS = 60_000
/** What a group is when nobody is in it, or nobody ever was. */
const NOBODY = ['Empty', 'Dead']

/** Records that lie before a group's committed offsets, from the start of the log. */
export async function committedRecords(client: KafkaSettings, groupId: string, topic: string): Promise<number> {
  const [committed, logs] = await Promise.all([committedOffsets(client, groupId, topic), logOffsets(client, topic)])
  return [...logs].reduce((sum, [partition, { start }]) => sum + Math.max(0, (committed.get(partition) ?? -1) - start), 0)
}

/** Cuts off everything a topic holds, so that the next turn finds it empty. */
export async function emptyTopic(client: KafkaSettings, topic: string): Promise<void> {
  await withAdmin(client, async (admin) => {
    // By the same connection: kafkajs finds the leaders of topics alone that it was asked about.
    const logs = await admin.fetchTopicOffsets(topic)
    const partitions = logs.filter(({ low, high }) => low !== high).map(({ partition, high }) => ({ partition, offset: high }))
    if (partitions.length > 0) await deletable(admin, topic, () => admin.deleteTopicRecords({ topic, partitions }))
  })
}

/** A broker deletes nothing of a topic that is compacted and no more, so meanwhile it is both. */
async function deletable(admin: Admin, topic: string, remove: () => Promise<void>): Promise<void> {
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: [{ type: ConfigResourceTypes.TOPIC, name: topic }],
  })
  const own = (resources[0]?.configEntries ?? [])
    .filter(({ configSource }) => configSource === OF_TOPIC)
    .map(({ configName, configValue }) => ({ name: configName, value: configValue }))
  if (own.find(({ name }) => name === POLICY)?.value !== 'compact') return remove()
  // All of them each time: what is not named falls back to the broker's own.
  const alter = (configEntries: typeof own) =>
    admin.alterConfigs({ validateOnly: false, resources: [{ type: ConfigResourceTypes.TOPIC, name: topic, configEntries }] })
  await alter(own.map((entry) => (entry.name === POLICY ? { name: POLICY, value: 'compact,delete' } : entry)))
  try {
    // Tried again: the controller has the change before those do who lead the partitions.
    await settled(
      () => remove().then(() => true),
      (isRemoved) => isRemoved,
      EMPTY_WITHIN_MS,
    )
  } finally {
    await alter(own)
  }
}

/** Moves a group to the end of a topic, once its static members have expired: what others left there is not its work. */
export async function skipToEnd(client: KafkaSettings, groupId: string, topic: string): Promise<void> {
  await withAdmin(client, async (admin) => {
    const giveUpAt = performance.now() + EMPTY_WITHIN_MS
    const isEmpty = async () => NOBODY.includes((await admin.describeGroups([groupId])).groups[0]?.state ?? 'Dead')
    while (!(await isEmpty())) {
      if (performance.now() > giveUpAt) throw new Error(`Group ${groupId} still has members after ${EMPTY_WITHIN_MS / 1_000} s.`)
      await sleep(250)
    }
    const partitions = [...(await logOffsets(client, topic))].map(([partition, { end }]) => ({ partition, offset: String(end) }))
    await admin.setOffsets({ groupId, topic, partitions })
  })
}

export async function deleteTopics(client: KafkaSettings, wanted: (name: string) => boolean): Promise<void> {
  await withAdmin(client, async (admin) => {
    const topics = (await admin.listTopics()).filter(wanted)
    if (topics.length > 0) await admin.deleteTopics({ topics })
  })
}

async function withAdmin<Result>(client: KafkaSettings, use: (admin: Admin) => Promise<Result>): Promise<Result> {
  const admin = kafkaClient(client).admin()
  try {
    await admin.connect()
    return await use(admin)
  } finally {
    await admin.disconnect()
  }
}
