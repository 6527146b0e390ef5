import { Fault } from '../events/fault.ts'
import { type KafkaSettings, kafkaClient } from './connect.ts'
import { fetchMetadata } from './patches/metadata.ts'

/** What tells a log from every other log of the same name: a topic that was deleted and made again has another id (KIP-516). */
export type LogIdentity = {
  readonly clusterId: string
  readonly topics: Readonly<Record<string, { readonly id: string; readonly partitions: number }>>
}

/** Throws `topic_missing` naming the topics the broker does not know, or does not know yet. */
export async function logIdentity(client: KafkaSettings, names: readonly string[]): Promise<LogIdentity> {
  const { clusterId, topics } = await fetchMetadata(kafkaClient(client), names)
  const found = new Map(topics.filter(({ errorCode, id }) => errorCode === 0 && id !== NO_ID).map((topic) => [topic.name, topic]))
  const missing = names.filter((name) => !found.has(name))
  if (missing.length > 0) throw new Fault('topic_missing', `Topics are missing: ${missing.join(', ')}. Run the topics command.`)
  return { clusterId, topics: Object.fromEntries([...found].map(([name, { id, partitions }]) => [name, { id, partitions }])) }
}

/** What a broker without topic ids answers. */
const NO_ID = Buffer.alloc(16).toString('base64url')
