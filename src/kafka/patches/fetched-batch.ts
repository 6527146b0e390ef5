import type { Batch, InRecord, PartedBatch } from '../record.ts'
import type { AbortedTransaction } from './aborted.ts'
import { replace } from './modules.ts'
import { holdsBatchAt, nextOffsetIn, type RecordSet, readRecordSet, recordParts } from './record-set.ts'

type Decoder = {
  readInt32(): number
  readBytes(length: number): Buffer
  canReadBytes(length: number): boolean
}

const NOTHING = Buffer.alloc(0)
const CHECKED_AT_ONCE = 1_000
const NO_MESSAGES: readonly never[] = []

/** Stock decodes here, where neither the aborted transactions nor the offset asked for are known, and forgets record
 *  batches whose records were all compacted away. Ours only cuts the bytes out. */
export async function takeRecordSet(decoder: Decoder): Promise<Buffer> {
  const bytes = decoder.readInt32()
  return bytes > 0 && decoder.canReadBytes(bytes) ? decoder.readBytes(bytes) : NOTHING
}

type PartitionData = {
  partition: number
  highWatermark: string
  abortedTransactions?: AbortedTransaction[] | null
  messages: Buffer
}

/** Replaces kafkajs's Batch. Every step of the position reaches `eachBatch`, also one without records: stock moves past filtered
 *  records by itself, where nobody can commit it, and past empty record batches not at all. Its records are made when they are looked
 *  at: those of all partitions of a fetch would be alive together, and the collector copies what it finds alive. */
export class FetchedBatch implements PartedBatch {
  readonly topic: string
  readonly partition: number
  readonly fetchedOffset: string
  readonly highWatermark: number
  /** Offset after the last whole record batch, whether records are left in it or not. */
  readonly nextOffset: number
  /** What kafkajs hands out one by one and counts for its events; who takes batches takes `records`. */
  readonly messages = NO_MESSAGES
  readonly #data: PartitionData
  #records: readonly InRecord[] | null = null
  #isRead = false

  constructor(topic: string, fetchedOffset: string, data: PartitionData) {
    this.topic = topic
    this.partition = data.partition
    this.fetchedOffset = fetchedOffset
    this.highWatermark = Number(data.highWatermark)
    this.nextOffset = nextOffsetIn(data.messages, Number(fetchedOffset))
    this.#data = data
  }

  /** Committed records at or past the offset asked for. Throws `log_unreadable`: kafkajs would fetch them again for ever, so the process
   *  is to end. */
  get records(): readonly InRecord[] {
    this.#records ??= readRecordSet(this.#set())
    this.#isRead = true
    return this.#records
  }

  /** As they came, compressed or not. */
  get bytes(): number {
    return this.#data.messages.length
  }

  *inParts(most: number): Generator<Batch> {
    const { topic, partition, highWatermark } = this
    for (const { records, isLast } of recordParts(this.#set(), most)) {
      if (isLast) this.#isRead = true
      const nextOffset = isLast ? this.nextOffset : (records.at(-1)?.offset ?? 0) + 1 // only the last may be empty
      yield { topic, partition, records, nextOffset, highWatermark }
    }
  }

  /** Nobody looks at them any more. Throws `log_unreadable` where nobody has, and they cannot be read. */
  done(): void {
    if (!this.#isRead) for (const _ of this.inParts(CHECKED_AT_ONCE));
    this.#records = null
  }

  #set(): RecordSet {
    const { topic, partition } = this
    const { messages: bytes, abortedTransactions: aborted } = this.#data
    return { topic, partition, bytes, from: Number(this.fetchedOffset), aborted }
  }

  isEmpty(): boolean {
    return !holdsBatchAt(this.#data.messages, 0)
  }

  /** True would make the runner move the position by itself. */
  isEmptyDueToFiltering(): boolean {
    return false
  }

  firstOffset(): string | null {
    return this.isEmpty() ? null : this.fetchedOffset
  }

  lastOffset(): string {
    return String(this.nextOffset - 1)
  }

  offsetLag(): string {
    return String(this.highWatermark - this.nextOffset)
  }

  offsetLagLow(): string {
    return String(this.isEmpty() ? 0 : this.highWatermark - 1 - Number(this.fetchedOffset))
  }
}

export const applyFetchDecode = (): void => replace('src/protocol/requests/fetch/v4/decodeMessages.js', takeRecordSet)
export const applyBatch = (): void => replace('src/consumer/batch.js', FetchedBatch)
