import { stock, untouched } from './modules.ts'

/** Record batches as stock kafkajs writes them, for the tests that compare ours with them. */
export type StockRecord = {
  offsetDelta: number
  timestampDelta?: number
  key?: Buffer | string | null
  value: Buffer | null
  headers?: Record<string, string>
}
export type StockBatch = {
  firstOffset?: number
  lastOffsetDelta?: number
  records: readonly StockRecord[]
  producerId?: number
  transactional?: boolean
  compression?: number
  firstTimestamp?: number
  maxTimestamp?: number
}
type Encoder = { buffer: Buffer; size(): number }
type Options = Record<string, unknown>

const Long = untouched('src/utils/long.js') as { fromValue(value: number): unknown }
const { RecordBatch } = untouched('src/protocol/recordBatch/v0/index.js') as { RecordBatch(batch: Options): Promise<Encoder> }
const makeRecord = untouched('src/protocol/recordBatch/record/v0/index.js') as (record: StockRecord) => unknown
const crc32c = untouched('src/protocol/recordBatch/crc32C/index.js') as (bytes: Buffer) => number

export async function stockBatch(batch: StockBatch): Promise<Buffer> {
  const { buffer } = await RecordBatch({
    firstTimestamp: 0,
    maxTimestamp: 0,
    lastOffsetDelta: batch.records.at(-1)?.offsetDelta ?? 0,
    ...batch,
    firstOffset: Long.fromValue(batch.firstOffset ?? 0),
    producerId: Long.fromValue(batch.producerId ?? -1),
    records: batch.records.map((record) => makeRecord(record)),
  })
  return Buffer.from(buffer)
}

/** Sets bits of the attributes that only a broker sets, and the checksum anew. */
export function withAttributes(batch: Buffer, bits: number): Buffer {
  const bytes = Buffer.from(batch)
  bytes.writeInt16BE(bytes.readInt16BE(21) | bits, 21)
  bytes.writeUInt32BE(crc32c(bytes.subarray(21)), 17)
  return bytes
}

export const LOG_APPEND_TIME = 0x08
const CONTROL = 0x20

/** The end of a transaction as the broker writes it. */
export async function marker(firstOffset: number, producerId: number, kind: 'abort' | 'commit'): Promise<Buffer> {
  const key = Buffer.from([0, 0, 0, kind === 'abort' ? 0 : 1])
  const records = [{ offsetDelta: 0, key, value: Buffer.alloc(6) }]
  return withAttributes(await stockBatch({ firstOffset, producerId, transactional: true, records }), CONTROL)
}

export type StockMessage = {
  offset: string
  timestamp: string
  key: Buffer | null
  value: Buffer | null
  isControlRecord: boolean
}
const Decoder = stock('src/protocol/decoder.js') as new (bytes: Buffer) => unknown
const decodeMessages = untouched('src/protocol/requests/fetch/v4/decodeMessages.js') as (decoder: unknown) => Promise<StockMessage[]>

/** What stock reads out of a partition of a fetch response. */
export async function stockDecode(bytes: Buffer): Promise<StockMessage[]> {
  return decodeMessages(new Decoder(withSize(bytes)))
}

export function withSize(bytes: Buffer): Buffer {
  const size = Buffer.alloc(4)
  size.writeInt32BE(bytes.length)
  return Buffer.concat([size, bytes])
}

type Batch = { messages: StockMessage[]; isEmpty(): boolean; isEmptyDueToFiltering(): boolean }
type Partition = { partition: number; highWatermark: string; messages: StockMessage[]; abortedTransactions: object[] }
const BatchOf = untouched('src/consumer/batch.js') as new (topic: string, fetchedOffset: string, data: Partition) => Batch

/** What stock hands to `eachBatch`. */
export async function stockFetched(bytes: Buffer, from: number, abortedTransactions: readonly object[] = []): Promise<Batch> {
  const messages = await stockDecode(bytes)
  return new BatchOf('t', String(from), { partition: 0, highWatermark: '0', messages, abortedTransactions: [...abortedTransactions] })
}
