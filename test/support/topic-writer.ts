import { readFileSync } from 'node:fs'
import { createCodec } from '../../src/kafka/codec.ts'
import { joinPartitionOf, partitionOf } from '../../src/kafka/partition.ts'
import { createProducer } from '../../src/kafka/producer.ts'
import type { AvroSchema } from '../../src/kafka/registry.ts'
import type { Stack } from '../../src/local/stack-file.ts'
import { topics } from '../../topics/index.ts'

export type TopicWriter = {
  /** Writes behind the roles' backs; null is a tombstone. `partition`: where the key's own place is not meant. */
  write(topic: string, key: string, value: object | null, partition?: number): Promise<void>
  close(): Promise<void>
}

/** Puts records into the topics of a stack as no role would, to see who notices. */
export async function openTopicWriter(stack: Stack, names: readonly string[]): Promise<TopicWriter> {
  const declared = new Map(topics(12).map((topic) => [topic.name, topic]))
  const schema = (name: string): AvroSchema =>
    JSON.parse(readFileSync(new URL(`../../schemas/${declared.get(name)?.schema}.avsc`, import.meta.url), 'utf8')) as AvroSchema
  const codec = await createCodec({
    registryUrl: stack.schema_registry_url,
    schemas: Object.fromEntries(names.map((name) => [`${name}-value`, schema(name)])),
  })
  const client = { brokers: stack.kafka_brokers.split(','), clientId: 'test-writer', report: () => undefined }
  const producer = await createProducer({ client, report: () => undefined })
  return {
    async write(topic, key, value, partition) {
      const count = declared.get(topic)?.partitions ?? 1
      const place = ['postbacks', 'clicks'].includes(topic) ? joinPartitionOf(key, count) : partitionOf(key, count)
      await producer.send({
        topic,
        partition: partition ?? place,
        key,
        value: value === null ? null : codec.encode(`${topic}-value`, value),
      })
    },
    close: () => producer.close(),
  }
}
