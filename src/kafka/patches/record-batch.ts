import { compress } from './codecs.ts'
import { crc32c } from './crc32c.ts'
import { ATTRIBUTES_AT, BATCH_HEADER_BYTES, COUNT_AT, CRC_AT, LENGTH_AT } from './record-set.ts'

/** A record as kafkajs's producer takes it. Headers and times of its own are refused: ours stand in the value. */
export type Message = { readonly key?: Buffer | string | null; readonly value: Buffer | string | null }
export type BatchOptions = {
  readonly compression: number
  readonly transactional: boolean
  /** -1: not idempotent. */
  readonly producerId: number
  readonly producerEpoch: number
  readonly firstSequence: number
  /** Of every record, epoch milliseconds. */
  readonly timestampMs: number
}

/** Around key and value: length, attributes, time, offset, two lengths and the count of headers, at most. */
const FRAME_BYTES = 5 + 1 + 1 + 5 + 5 + 5 + 1
const TRANSACTIONAL = 0x10
const MAGIC = 2

const upTo = (field: Buffer | string | null | undefined): number =>
  field === null || field === undefined ? 0 : typeof field === 'string' ? field.length * 3 : field.length

/** Bytes that the record batch takes uncompressed, at most. */
export function batchBytesMax(messages: readonly Message[]): number {
  let bytes = BATCH_HEADER_BYTES
  for (const { key, value } of messages) bytes += FRAME_BYTES + upTo(key) + upTo(value)
  return bytes
}

/** Writes one record batch of format 2 at `at` and tells where it ends. `into` must have `batchBytesMax` left. */
export async function writeRecordBatch(into: Buffer, at: number, messages: readonly Message[], options: BatchOptions): Promise<number> {
  const start = at + BATCH_HEADER_BYTES
  let end = writeRecords(into, start, messages)
  if (options.compression !== 0) {
    const body = await compress(options.compression, into.subarray(start, end))
    if (start + body.length > into.length) throw new RangeError('compression has made the batch longer')
    end = start + body.copy(into, start)
  }
  writeInt64(into, 0, at) // first offset: the broker's to give
  into.writeInt32BE(end - at - LENGTH_AT - 4, at + LENGTH_AT)
  into.writeInt32BE(0, at + 12) // leader epoch
  into.writeInt8(MAGIC, at + 16)
  into.writeInt16BE(options.compression | (options.transactional ? TRANSACTIONAL : 0), at + ATTRIBUTES_AT)
  into.writeInt32BE(messages.length - 1, at + 23) // last offset delta
  writeInt64(into, options.timestampMs, at + 27)
  writeInt64(into, options.timestampMs, at + 35)
  writeInt64(into, options.producerId, at + 43)
  into.writeInt16BE(options.producerEpoch, at + 51)
  into.writeInt32BE(options.firstSequence, at + 53)
  into.writeInt32BE(messages.length, at + COUNT_AT)
  into.writeUInt32BE(crc32c(into, at + ATTRIBUTES_AT, end), at + CRC_AT)
  return end
}

/** Exact between -2^53 and 2^53. */
function writeInt64(into: Buffer, value: number, at: number): void {
  into.writeInt32BE(Math.floor(value / 0x1_0000_0000), at)
  into.writeUInt32BE(value >>> 0, at + 4)
}

function writeRecords(into: Buffer, start: number, messages: readonly Message[]): number {
  let at = start
  let offsetDelta = 0
  for (const message of messages) {
    if ('headers' in message || 'timestamp' in message) throw new TypeError('records have no headers and no times of their own')
    const { key = null, value } = message
    const keyBytes = bytesOf(key)
    const valueBytes = bytesOf(value)
    const body = 3 + varintBytes(offsetDelta) + fieldBytes(keyBytes) + fieldBytes(valueBytes)
    at = writeVarint(into, body, at)
    into[at++] = 0 // attributes, none of which exist
    into[at++] = 0 // after the batch's first time
    at = writeVarint(into, offsetDelta++, at)
    at = writeField(into, key, keyBytes, at)
    at = writeField(into, value, valueBytes, at)
    into[at++] = 0 // headers
  }
  return at
}

/** -1 where there is none. */
const bytesOf = (field: Buffer | string | null): number =>
  field === null ? -1 : typeof field === 'string' ? Buffer.byteLength(field) : field.length
const fieldBytes = (bytes: number): number => varintBytes(bytes) + Math.max(bytes, 0)

function writeField(into: Buffer, field: Buffer | string | null, bytes: number, at: number): number {
  const start = writeVarint(into, bytes, at)
  if (field === null) return start
  if (typeof field === 'string') into.write(field, start)
  else into.set(field, start)
  return start + bytes
}

const zigzag = (value: number): number => (value << 1) ^ (value >> 31)

/** Bytes of a 31-bit number, zigzag, 7 bits a byte. */
function varintBytes(value: number): number {
  const encoded = zigzag(value) >>> 0
  return encoded < 0x80 ? 1 : encoded < 0x4000 ? 2 : encoded < 0x20_0000 ? 3 : encoded < 0x1000_0000 ? 4 : 5
}

function writeVarint(into: Buffer, value: number, start: number): number {
  let encoded = zigzag(value) >>> 0
  let at = start
  while (encoded >= 0x80) {
    into[at++] = (encoded & 0x7f) | 0x80
    encoded >>>= 7
  }
  into[at++] = encoded
  return at
}
