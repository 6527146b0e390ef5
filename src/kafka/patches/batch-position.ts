import { type AbortedTransaction, filterAbortedMessages, type Message } from './aborted-filter.ts'
import { replace, stock } from './modules.ts'

/** Records of one partition in one fetch, and the offset after the last whole record batch (null: there was none). */
export type Decoded = Message[] & { nextOffset?: number | null }

type Decoder = {
  readonly buffer: Buffer
  readonly offset: number
  readInt32(): number
  readBytes(length: number): Buffer
  canReadBytes(length: number): boolean
}
type RecordBatch = { firstOffset: string; lastOffsetDelta: number; records: Message[] }

const BATCH_HEADER_BYTES = 61
const LENGTH_OFFSET = 8
const MAGIC_OFFSET = 16

/** Stock drops the header of a record batch whose records were all compacted away, so the position never passes it,
 *  and spreads all records into one call, which throws RangeError past about 125,000. */
export async function decodeMessages(decoder: Decoder): Promise<Decoded> {
  const NewDecoder = stock('src/protocol/decoder.js') as new (bytes: Buffer) => Decoder
  const decodeBatch = stock('src/protocol/recordBatch/v0/decoder.js') as (decoder: Decoder) => Promise<RecordBatch>
  const messages: Decoded = []
  messages.nextOffset = null
  const bytes = decoder.readInt32()
  if (bytes <= 0 || !decoder.canReadBytes(bytes)) return messages
  const batches = new NewDecoder(decoder.readBytes(bytes))
  while (batches.canReadBytes(BATCH_HEADER_BYTES)) {
    const length = batches.buffer.readInt32BE(batches.offset + LENGTH_OFFSET)
    if (!batches.canReadBytes(LENGTH_OFFSET + 4 + length)) break // cut off by maxBytes: the next fetch brings it whole
    const magic = batches.buffer.readInt8(batches.offset + MAGIC_OFFSET)
    if (magic !== 2) throw new Error(`record format ${magic}; brokers since 4.0 write only 2`)
    const batch = await decodeBatch(batches)
    for (const record of batch.records) messages.push(record)
    messages.nextOffset = Number(batch.firstOffset) + batch.lastOffsetDelta + 1
  }
  return messages
}

type PartitionData = {
  partition: number
  highWatermark: string
  lastStableOffset?: string
  abortedTransactions?: AbortedTransaction[] | null
  messages: Decoded
}

/** Replaces kafkajs's Batch. Every step of the position reaches `eachBatch`, also one without records: stock moves past
 *  filtered records by itself, where nobody can commit it, and past empty record batches not at all. */
export class PositionedBatch {
  readonly topic: string
  readonly fetchedOffset: string
  readonly partition: number
  readonly highWatermark: string
  readonly rawMessages: Message[]
  readonly messagesWithinOffset: Message[]
  readonly messages: Message[]
  readonly nextOffset: number

  constructor(topic: string, fetchedOffset: string, data: PartitionData) {
    const from = Number(fetchedOffset)
    this.topic = topic
    this.fetchedOffset = fetchedOffset
    this.partition = data.partition
    this.highWatermark = data.highWatermark
    this.rawMessages = data.messages
    // A compressed or compacted batch may begin before the offset that was asked for.
    this.messagesWithinOffset = data.messages.filter(({ offset }) => Number(offset) >= from)
    const { messagesWithinOffset: messages, nextOffset = from } = { ...this, nextOffset: data.messages.nextOffset ?? from }
    this.messages = filterAbortedMessages({ messages, abortedTransactions: data.abortedTransactions ?? null }).filter(
      ({ isControlRecord }) => !isControlRecord,
    )
    this.nextOffset = Math.max(from, nextOffset)
  }

  isEmpty(): boolean {
    return this.messages.length === 0 && this.nextOffset === Number(this.fetchedOffset)
  }

  /** True would make the runner move the position by itself. */
  isEmptyDueToFiltering(): boolean {
    return false
  }

  isEmptyIncludingFiltered(): boolean {
    return this.messagesWithinOffset.length === 0
  }

  firstOffset(): string | null {
    return this.messagesWithinOffset[0]?.offset ?? null
  }

  lastOffset(): string {
    return String(this.nextOffset - 1)
  }

  offsetLag(): string {
    return String(Number(this.highWatermark) - this.nextOffset)
  }

  offsetLagLow(): string {
    return String(this.messagesWithinOffset.length === 0 ? 0 : Number(this.highWatermark) - 1 - Number(this.firstOffset()))
  }
}

export const applyDecode = (): void => replace('src/protocol/requests/fetch/v4/decodeMessages.js', decodeMessages)
export const applyBatch = (): void => replace('src/consumer/batch.js', PositionedBatch)
