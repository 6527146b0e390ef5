import { crc32c } from '@node-rs/crc32'
import { wroteAscii } from '../../events/ascii.ts'
import { compress } from './codecs.ts'
import { ATTRIBUTES_AT, BATCH_HEADER_BYTES, COUNT_AT, CRC_AT, LENGTH_AT } from './record-set.ts'

/** A record as kafkajs's producer takes it. Headers and times of its own are refused: ours stand in the value. */
export type Message = { readonly key?: Buffer | string | null; readonly value: Buffer | string | null }
/** The records of one batch: how many, how long at most, and how they are written; `write` tells where they end. */
export type Records = { readonly count: number; readonly bytesMax: number; write(into: Buffer, at: number): number }

/** One message in the place of all of its partition in a request, which kafkajs hands through as it is. */
export class ReadyRecords implements Message {
  readonly value = null
  readonly partition: number
  readonly records: Records

  constructor(partition: number, records: Records) {
    this.partition = partition
    this.records = records
  }
}

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

/** Before key and value: length, attributes, time and offset, at most. */
export const HEAD_BYTES_MAX = 5 + 1 + 1 + 5
/** What stands around key and value in a body, at most: two lengths and the count of headers. */
const BODY_FRAME_BYTES = 5 + 5 + 1
const TRANSACTIONAL = 0x10
const MAGIC = 2

const upTo = (field: Buffer | string | null | undefined): number =>
  field === null || field === undefined ? 0 : typeof field === 'string' ? field.length * 3 : field.length
/** Bytes of a body, at most. */
export const bodyBytesMax = (key: Buffer | string | null | undefined, value: Buffer | string | null): number =>
  BODY_FRAME_BYTES + upTo(key) + upTo(value)

export function recordsOf(messages: readonly Message[]): Records {
  const [first] = messages
  return first instanceof ReadyRecords && messages.length === 1 ? first.records : new Framed(messages)
}

/** Bytes that the record batch takes uncompressed, at most. */
export const batchBytesMax = (messages: readonly Message[]): number => BATCH_HEADER_BYTES + recordsOf(messages).bytesMax

/** Writes one record batch of format 2 at `at` and tells where it ends. `into` must have `batchBytesMax` left. */
export async function writeRecordBatch(into: Buffer, at: number, messages: readonly Message[], options: BatchOptions): Promise<number> {
  const start = at + BATCH_HEADER_BYTES
  const records = recordsOf(messages)
  let end = records.write(into, start)
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
  into.writeInt32BE(records.count - 1, at + 23) // last offset delta
  writeInt64(into, options.timestampMs, at + 27)
  writeInt64(into, options.timestampMs, at + 35)
  writeInt64(into, options.producerId, at + 43)
  into.writeInt16BE(options.producerEpoch, at + 51)
  into.writeInt32BE(options.firstSequence, at + 53)
  into.writeInt32BE(records.count, at + COUNT_AT)
  into.writeUInt32BE(crc32c(into.subarray(at + ATTRIBUTES_AT, end)), at + CRC_AT)
  return end
}

/** Exact between -2^53 and 2^53. */
function writeInt64(into: Buffer, value: number, at: number): void {
  into.writeInt32BE(Math.floor(value / 0x1_0000_0000), at)
  into.writeUInt32BE(value >>> 0, at + 4)
}

class Framed implements Records {
  readonly #messages: readonly Message[]

  constructor(messages: readonly Message[]) {
    this.#messages = messages
  }
  get count(): number {
    return this.#messages.length
  }
  get bytesMax(): number {
    let bytes = 0
    for (const { key, value } of this.#messages) bytes += HEAD_BYTES_MAX + bodyBytesMax(key, value)
    return bytes
  }
  write(into: Buffer, start: number): number {
    let at = start
    let offsetDelta = 0
    for (const message of this.#messages) {
      if (message instanceof ReadyRecords) throw new TypeError('records that stand ready are all of their partition in a request')
      if ('headers' in message || 'timestamp' in message) throw new TypeError('records have no headers and no times of their own')
      const { key = null, value } = message
      const keyBytes = bytesOf(key)
      const valueBytes = bytesOf(value)
      at = writeHead(into, at, offsetDelta++, fieldBytes(keyBytes) + fieldBytes(valueBytes) + 1)
      at = writeFields(into, at, key, keyBytes, value, valueBytes)
    }
    return at
  }
}

/** What stands before a body of so many bytes. */
export function writeHead(into: Buffer, start: number, offsetDelta: number, bodyBytes: number): number {
  let at = writeVarint(into, 2 + varintBytes(offsetDelta) + bodyBytes, start)
  into[at++] = 0 // attributes, none of which exist
  into[at++] = 0 // after the batch's first time
  at = writeVarint(into, offsetDelta, at)
  return at
}

/** The part of a record that is the same wherever it stands: key, value and no headers. */
export const writeBody = (into: Buffer, at: number, key: Buffer | string | null, value: Buffer | null): number =>
  writeFields(into, at, key, bytesOf(key), value, bytesOf(value))

type Field = Buffer | string | null
function writeFields(into: Buffer, start: number, key: Field, keyBytes: number, value: Field, valueBytes: number): number {
  let at = writeField(into, key, keyBytes, start)
  at = writeField(into, value, valueBytes, at)
  into[at++] = 0 // headers
  return at
}

/** -1 where there is none. */
const bytesOf = (field: Field): number => (field === null ? -1 : typeof field === 'string' ? Buffer.byteLength(field) : field.length)
const fieldBytes = (bytes: number): number => varintBytes(bytes) + Math.max(bytes, 0)

function writeField(into: Buffer, field: Field, bytes: number, at: number): number {
  const start = writeVarint(into, bytes, at)
  if (field === null) return start
  if (typeof field !== 'string') into.set(field, start)
  else if (field.length !== bytes || !wroteAscii(into, start, field)) into.write(field, start)
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
