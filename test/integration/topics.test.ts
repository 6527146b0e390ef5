import { expect, inject, test } from 'vitest'
import { createTopics, topicConfigs } from '../../src/kafka/admin.ts'
import { applyTopics } from '../../src/kafka/apply-topics.ts'
import type { Stack } from '../../src/local/stack-file.ts'
import { readSchema } from '../../src/roles/context.ts'
import { type Topic, topics } from '../../topics/index.ts'

const { kafka_brokers, schema_registry_url: registryUrl } = inject('stack') as Stack
const client = { brokers: kafka_brokers.split(','), clientId: 'topics-test', report: () => undefined }
const unique = () => `t${Date.now().toString(36)}${Math.random().toString(36).slice(2, 7)}`
const topic = (given: Partial<Topic> = {}): Topic => ({
  name: unique(),
  key: 'click',
  partitions: 3,
  schema: 'click',
  config: { 'cleanup.policy': 'compact,delete', 'retention.ms': '100000' },
  ...given,
})
const apply = (...list: Topic[]) => applyTopics({ client, registryUrl, topics: list, schema: readSchema, replicationFactor: 1 })

test('every topic of the declaration exists in the running stack as declared', async () => {
  const applied = await apply(...topics(12))
  expect(applied).toEqual({ created: [], verified: expect.arrayContaining(['postbacks', 'deliver.meta', 'retry.10s', 'workspaces']) })
  const configs = await topicConfigs(client, ['pending', 'workspaces'])
  expect(configs.get('pending')).toMatchObject({ 'cleanup.policy': 'compact', 'min.cleanable.dirty.ratio': '0.1' })
  expect(configs.get('workspaces')).toMatchObject({ 'min.compaction.lag.ms': String(7 * 86_400_000) })
})

test('what is missing is created, what exists is verified', async () => {
  const one = topic()
  expect(await apply(one)).toEqual({ created: [one.name], verified: [] })
  expect(await apply(one)).toEqual({ created: [], verified: [one.name] })
})

test.each([
  { name: 'partitions', change: { partitions: 4 }, says: /has 3 partitions, not 4/ },
  { name: 'cleanup policy', change: { config: { 'cleanup.policy': 'delete' } }, says: /has the cleanup policy compact,delete, not delete/ },
  { name: 'key', change: { key: 'account' as const }, says: /is keyed by click_key, not account_key/ },
])('a topic that differs in its $name is refused', async ({ change, says }) => {
  const one = topic()
  await apply(one)
  await expect(apply({ ...one, ...change })).rejects.toThrow(says)
})

test('a retention that the operator has tuned is left as it is', async () => {
  const one = topic()
  await createTopics(client, [{ name: one.name, partitions: 3, replicationFactor: 1, config: { ...one.config, 'retention.ms': '777777' } }])
  await apply(one)
  expect((await topicConfigs(client, [one.name])).get(one.name)).toMatchObject({ 'retention.ms': '777777' })
})

test('a schema that cannot read what is already there is refused, with the field named', async () => {
  const one = topic()
  await apply(one)
  const broken = { ...readSchema('click'), fields: [...(readSchema('click').fields as object[]), { name: 'new_field', type: 'string' }] }
  const again = applyTopics({ client, registryUrl, topics: [one], schema: () => broken, replicationFactor: 1 })
  await expect(again).rejects.toThrow(/new_field/)
})
