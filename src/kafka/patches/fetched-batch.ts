import { Fault } from '../../events/fault.ts'
import type { InRecord } from '../record.ts'
import type { AbortedTransaction } from './aborted.ts'
import { replace } from './modules.ts'
import { type Records, readRecordSet } from './record-set.ts'

type Decoder = {
  readInt32(): number
  readBytes(length: number): Buffer
  canReadBytes(length: number): boolean
}

const NOTHING = Buffer.alloc(0)

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

/** Replaces kafkajs's Batch; decodes when it is first looked at. Every step of the position reaches `eachBatch`, also one
 *  without records: stock moves past filtered records by itself, where nobody can commit it, and past empty record batches
 *  not at all. */
export class FetchedBatch {
  readonly topic: string
  readonly partition: number
  readonly fetchedOffset: string
  readonly highWatermark: string
  readonly #data: PartitionData
  #read: (Records & { readonly fault: Fault | null }) | null = null

  constructor(topic: string, fetchedOffset: string, data: PartitionData) {
    this.topic = topic
    this.partition = data.partition
    this.fetchedOffset = fetchedOffset
    this.highWatermark = data.highWatermark
    this.#data = data
  }

  get #decoded() {
    if (this.#read === null) {
      const { topic, partition } = this
      const from = Number(this.fetchedOffset)
      const { messages: bytes, abortedTransactions: aborted } = this.#data
      try {
        this.#read = { ...readRecordSet({ topic, partition, bytes, from, aborted }), fault: null }
      } catch (error) {
        if (!(error instanceof Fault)) throw error
        this.#read = { records: [], nextOffset: from, fault: error }
      }
    }
    return this.#read
  }

  /** Committed records at or past the offset asked for. */
  get messages(): readonly InRecord[] {
    return this.#decoded.records
  }

  get nextOffset(): number {
    return this.#decoded.nextOffset
  }

  /** Set when the bytes cannot be read. kafkajs would fetch them again for ever, so `eachBatch` is to end the process. */
  get fault(): Fault | null {
    return this.#decoded.fault
  }

  isEmpty(): boolean {
    return this.fault === null && this.nextOffset === Number(this.fetchedOffset)
  }

  /** True would make the runner move the position by itself. */
  isEmptyDueToFiltering(): boolean {
    return false
  }

  firstOffset(): string | null {
    const [first] = this.messages
    return first === undefined ? null : String(first.offset)
  }

  lastOffset(): string {
    return String(this.nextOffset - 1)
  }

  offsetLag(): string {
    return String(Number(this.highWatermark) - this.nextOffset)
  }

  offsetLagLow(): string {
    const [first] = this.messages
    return String(first === undefined ? 0 : Number(this.highWatermark) - 1 - first.offset)
  }
}

export const applyFetchDecode = (): void => replace('src/protocol/requests/fetch/v4/decodeMessages.js', takeRecordSet)
export const applyBatch = (): void => replace('src/consumer/batch.js', FetchedBatch)
