import type { ProducerBatch, RecordMetadata } from 'kafkajs'
import type { OutRecord } from './record.ts'

const at = (topic: string, partition: number): string => `${topic}/${partition}`

/** One kafkajs request for all records, in their order per partition. */
export function toBatch(records: readonly OutRecord[], timeoutMs: number): ProducerBatch {
  const messages = new Map<string, { partition: number; key: Buffer | string | null; value: Buffer | null }[]>()
  for (const { topic, partition, key, value } of records) {
    const list = messages.get(topic)
    if (list === undefined) messages.set(topic, [{ partition, key, value }])
    else list.push({ partition, key, value })
  }
  return { acks: -1, timeout: timeoutMs, topicMessages: [...messages].map(([topic, list]) => ({ topic, messages: list })) }
}

/** The offset of every record, by index; undefined where the answer does not name its partition: kafkajs resolves a
 *  send also when a leader moved and a partition was never written. */
export function offsetsOf(records: readonly OutRecord[], answer: readonly RecordMetadata[]): (number | undefined)[] {
  const next = new Map<string, number>()
  for (const { topicName, partition, errorCode, baseOffset } of answer) {
    if (errorCode === 0 && baseOffset !== undefined) next.set(at(topicName, partition), Number(baseOffset))
  }
  return records.map(({ topic, partition }) => {
    const offset = next.get(at(topic, partition))
    if (offset !== undefined) next.set(at(topic, partition), offset + 1)
    return offset
  })
}

/** Records of one partition in one request become one record batch, which must stay under `message.max.bytes` (1 MiB by
 *  default), and which a stock reader cannot decode past 125,000 records. */
export type BatchBounds = { readonly maxBytes: number; readonly maxRecords: number }

/** Fills one request: the sizes per partition so far. */
export function createRequestBounds(bounds: BatchBounds): { fits(record: OutRecord, bytes: number): boolean } {
  const sizes = new Map<string, { bytes: number; records: number }>()
  const full = new Set<string>()
  return {
    /** False once for a partition is false for the rest of the request, so that its order holds. */
    fits({ topic, partition }, bytes) {
      const place = at(topic, partition)
      if (full.has(place)) return false
      const size = sizes.get(place) ?? { bytes: 0, records: 0 }
      if (size.records > 0 && (size.bytes + bytes > bounds.maxBytes || size.records === bounds.maxRecords)) {
        full.add(place)
        return false
      }
      sizes.set(place, { bytes: size.bytes + bytes, records: size.records + 1 })
      return true
    },
  }
}
