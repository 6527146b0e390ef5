/** A record to write. The partition is always explicit (`partitionOf`), so no client library can disagree about it. */
export type OutRecord = {
  readonly topic: string
  readonly partition: number
  readonly key: Buffer | string | null
  /** `null` is a tombstone. */
  readonly value: Buffer | null
}

/** A record as it was read. `key` and `value` are views into the whole fetch response (up to 10 MB):
 *  copy what outlives the batch. */
export type InRecord = {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  /** When the producer handed it to Kafka, epoch milliseconds. */
  readonly timestampMs: number
  readonly key: Buffer | null
  readonly value: Buffer | null
}

/** What one fetch brought for one partition. `records` may be empty: then only `nextOffset` moved (control records,
 *  aborted transactions, compacted gaps), and whoever waits for an end offset must look at it. */
export type Batch = {
  readonly topic: string
  readonly partition: number
  readonly records: readonly InRecord[]
  /** Offset after the last record of this batch, control records and compacted gaps included. */
  readonly nextOffset: number
  readonly highWatermark: number
}

/** A batch that can be read part after part: what is not looked at yet is not in memory, and nothing of a part need outlast it. */
export type PartedBatch = Batch & {
  /** At most `most` records each. A part ends behind its last record, the last part where the batch does; a batch without records is one. */
  inParts(most: number): Iterable<Batch>
}

/** Partitions by topic. */
export type Assignment = ReadonlyMap<string, readonly number[]>

/** Where the shell tells what happened; `main.ts` joins it to the log. Fields never hold keys or values of records. */
export type Report = (level: 'info' | 'warn' | 'error', fields: object, message: string) => void

/** Bytes a record takes in a batch, rounded up: key, value and at most 40 bytes of framing. */
export function recordBytes(record: OutRecord): number {
  const keyBytes = record.key === null ? 0 : Buffer.byteLength(record.key)
  return keyBytes + (record.value === null ? 0 : record.value.length) + 40
}

/** The most a record may take: with others of its partition it becomes one record batch, and `message.max.bytes` is 1 MiB. */
export const RECORD_MAX_BYTES = 900_000
