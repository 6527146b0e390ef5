import { randomUUID } from 'node:crypto'
import { inject } from 'vitest'
import { createTopics } from '../../src/kafka/admin.ts'
import type { KafkaSettings } from '../../src/kafka/connect.ts'
import type { InRecord } from '../../src/kafka/record.ts'
import { readTable } from '../../src/kafka/table.ts'

/** What the running stack says of itself; absent when these tests run against a broker named by KAFKA_BROKERS. */
const stack = inject('stack' as never) as { kafka_brokers?: unknown; schema_registry_url?: string } | undefined

export const brokers: readonly string[] = String(process.env.KAFKA_BROKERS ?? stack?.kafka_brokers ?? '').split(',')
export const registryUrl = process.env.SCHEMA_REGISTRY_URL ?? stack?.schema_registry_url ?? ''

export const client: KafkaSettings = { brokers, clientId: 'kafka-tests', report: () => undefined }

/** A name no other test and no other run has. */
export const unique = (name: string): string => `test.${name}.${randomUUID().slice(0, 8)}`

export async function newTopic(name: string, partitions: number, config: Record<string, string> = {}): Promise<string> {
  const topic = unique(name)
  await createTopics(client, [{ name: topic, partitions, replicationFactor: 1, config }])
  return topic
}

/** Waits for what must come; the test's own timeout ends it otherwise. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 20))
}

/** Everything committed in the topic now, in the order of each partition; of the stack's broker unless another is named. */
export async function readAll(topic: string, of: KafkaSettings = client): Promise<InRecord[]> {
  const records: InRecord[] = []
  const table = await readTable({
    client: of,
    topic,
    groupId: unique('audit'),
    instanceId: 'audit',
    report: () => undefined,
    onFatal: () => undefined,
    onRecord: (record) => {
      records.push({ ...record, key: record.key && Buffer.from(record.key), value: record.value && Buffer.from(record.value) })
    },
  })
  await table.caughtUp
  await table.stop()
  return records
}

export const valuesOf = async (topic: string, of?: KafkaSettings): Promise<string[]> =>
  (await readAll(topic, of)).map(({ value }) => String(value))
