import type { ProducerBatch, RecordMetadata } from 'kafkajs'
import { COMPRESSION, type Compression } from './patches/codecs.ts'
import type { ReadyRecords } from './patches/record-batch.ts'
import type { OutRecord } from './record.ts'
import type { TopicRecords } from './requests.ts'

/** A value per partition, found by its topic and number. */
class Places<Value> {
  readonly #topics = new Map<string, Map<number, Value>>()
  get(topic: string, partition: number): Value | undefined {
    return this.#topics.get(topic)?.get(partition)
  }
  set(topic: string, partition: number, value: Value): void {
    const partitions = this.#topics.get(topic)
    if (partitions === undefined) this.#topics.set(topic, new Map([[partition, value]]))
    else partitions.set(partition, value)
  }
}

/** What every producer of ours is given: one request under way, and each record goes where it says. */
export const ONE_AT_A_TIME = {
  maxInFlightRequests: 1,
  allowAutoTopicCreation: false,
  createPartitioner:
    () =>
    ({ message }: { message: { partition?: number } }) =>
      message.partition as number, // every message of ours has one
} as const

/** One kafkajs request for all records, in their order per partition; the records themselves are its messages. */
export function toBatch(records: readonly OutRecord[], timeoutMs: number, compression: Compression = 'none'): ProducerBatch {
  const messages = new Map<string, OutRecord[]>()
  for (const record of records) {
    const list = messages.get(record.topic)
    if (list === undefined) messages.set(record.topic, [record])
    else list.push(record)
  }
  return toRequest(
    [...messages].map(([topic, list]) => ({ topic, messages: list })),
    timeoutMs,
    compression,
  )
}

/** What is for each topic, as kafkajs takes it: records, or records that stand ready. */
export const toRequest = (
  topics: readonly { readonly topic: string; readonly messages: readonly (OutRecord | ReadyRecords)[] }[],
  timeoutMs: number,
  compression: Compression = 'none',
): ProducerBatch => ({
  acks: -1,
  timeout: timeoutMs,
  compression: COMPRESSION[compression],
  topicMessages: topics.map(({ topic, messages }) => ({ topic, messages: messages as (OutRecord | ReadyRecords)[] })), // it does not change them
})

/** The first partition that the answer does not acknowledge. */
export function unwritten(topics: readonly TopicRecords[], answer: readonly RecordMetadata[]): string | undefined {
  const written = new Set(
    answer.flatMap(({ topicName, partition, errorCode, baseOffset }) =>
      errorCode === 0 && baseOffset !== undefined ? [`${topicName}/${partition}`] : [],
    ),
  )
  return topics
    .flatMap(({ topic, messages }) => messages.map(({ partition }) => `${topic}/${partition}`))
    .find((place) => !written.has(place))
}

/** The offset of every record, by index; undefined where the answer does not name its partition: then it was never
 *  written. */
export function offsetsOf(records: readonly OutRecord[], answer: readonly RecordMetadata[]): (number | undefined)[] {
  const places = new Places<{ next: number }>()
  for (const { topicName, partition, errorCode, baseOffset } of answer) {
    if (errorCode === 0 && baseOffset !== undefined) places.set(topicName, partition, { next: Number(baseOffset) })
  }
  return records.map(({ topic, partition }) => {
    const place = places.get(topic, partition)
    return place === undefined ? undefined : place.next++
  })
}

/** Records of one partition in one request become one record batch, which must stay under `message.max.bytes` (1 MiB by
 *  default), and which a stock reader cannot decode past 125,000 records. */
export type BatchBounds = { readonly maxBytes: number; readonly maxRecords: number }

/** Fills one request: the sizes per partition so far. */
export function createRequestBounds(bounds: BatchBounds): { fits(record: OutRecord, bytes: number): boolean } {
  const places = new Places<{ bytes: number; records: number; full: boolean }>()
  return {
    /** False once for a partition is false for the rest of the request, so that its order holds. */
    fits({ topic, partition }, bytes) {
      const size = places.get(topic, partition)
      if (size === undefined) {
        places.set(topic, partition, { bytes, records: 1, full: false })
        return true
      }
      size.full ||= size.bytes + bytes > bounds.maxBytes || size.records === bounds.maxRecords
      if (size.full) return false
      size.bytes += bytes
      size.records++
      return true
    },
  }
}
