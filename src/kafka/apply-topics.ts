import type { Topic } from '../../topics/index.ts'
import { Fault } from '../events/fault.ts'
import { createTopics, describeTopics, topicConfigs } from './admin.ts'
import { registerSchemas } from './codec.ts'
import type { KafkaSettings } from './connect.ts'
import { type AvroSchema, createRegistry } from './registry.ts'

export type Applied = { readonly created: readonly string[]; readonly verified: readonly string[] }

/** Creates the topics that are missing, verifies those that exist, registers the schemas. Throws `topic_mismatch` when a topic
 *  differs in partitions, cleanup policy or key: keys would change their place, or records vanish. Retention and the like are
 *  the operator's to tune and are left as they are. How a topic is keyed stands in the registry under `<topic>-key`. */
export async function applyTopics(deps: {
  readonly client: KafkaSettings
  readonly registryUrl: string
  readonly topics: readonly Topic[]
  readonly schema: (name: string) => AvroSchema
  readonly replicationFactor: number
}): Promise<Applied> {
  const { client, topics, replicationFactor } = deps
  const names = topics.map(({ name }) => name)
  const existing = await describeTopics(client, names)
  const configs = existing.size === 0 ? new Map<string, Record<string, string>>() : await topicConfigs(client, [...existing.keys()])
  const faults = topics.flatMap((topic) => {
    const shape = existing.get(topic.name)
    return shape === undefined ? [] : differences(topic, shape.partitions, configs.get(topic.name) ?? {})
  })
  faults.push(...(await differentKeys(deps.registryUrl, topics)))
  if (faults.length > 0) {
    throw new Fault(
      'topic_mismatch',
      `Topics differ from their declaration: ${faults.join('; ')}. Give the cluster other topic names, or set PARTITIONS to what exists.`,
    )
  }
  await createTopics(
    client,
    topics.map(({ name, partitions, config }) => ({
      name,
      partitions,
      replicationFactor,
      config: { 'min.insync.replicas': String(minInSync(replicationFactor)), ...config },
    })),
  )
  await registerSchemas({
    registryUrl: deps.registryUrl,
    schemas: Object.fromEntries(
      topics.flatMap((topic) => [
        [`${topic.name}-value`, deps.schema(topic.schema)],
        [`${topic.name}-key`, keySchema(topic)],
      ]),
    ),
  })
  return { created: names.filter((name) => !existing.has(name)), verified: [...existing.keys()] }
}

function differences(topic: Topic, partitions: number, config: Readonly<Record<string, string>>): string[] {
  const policy = (text: string | undefined): string => (text ?? '').split(',').sort().join(',')
  const found: string[] = []
  if (partitions !== topic.partitions) found.push(`${topic.name} has ${partitions} partitions, not ${topic.partitions}`)
  const [is, declared] = [policy(config['cleanup.policy']), policy(topic.config['cleanup.policy'])]
  if (is !== declared) found.push(`${topic.name} has the cleanup policy ${is}, not ${declared}`)
  return found
}

/** How many replicas must have a record before it is acknowledged: most of them, and one may be away. */
const minInSync = (replicas: number): number => (replicas < 3 ? 1 : Math.floor(replicas / 2) + 1)

/** One sentence for each topic that the registry knows with another form of key. */
export async function differentKeys(registryUrl: string, topics: readonly Topic[]): Promise<string[]> {
  const registry = createRegistry(registryUrl)
  const found = await Promise.all(topics.map(async (topic) => ({ topic, registered: await registry.latest(`${topic.name}-key`) })))
  return found.flatMap(({ topic, registered }) => {
    const declared = keySchema(topic).name
    return registered === null || registered.name === declared ? [] : [`${topic.name} is keyed by ${registered.name}, not ${declared}`]
  })
}

/** Keys are plain text; the record's name says how the text is made. */
const keySchema = ({ key }: Topic): AvroSchema => ({
  type: 'record',
  name: `${key.replace(/[^a-z]/g, '_')}_key`,
  fields: [{ name: 'key', type: 'string' }],
})
