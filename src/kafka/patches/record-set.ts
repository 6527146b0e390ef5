import { crc32c } from '@node-rs/crc32'
import { Fault } from '../../events/fault.ts'
import type { InRecord } from '../record.ts'
import { type AbortedTransaction, abortedBatches } from './aborted.ts'
import { decompress } from './codecs.ts'

/** What a fetch brought for one partition: whole record batches, of which the last may be cut off. */
export type RecordSet = {
  readonly topic: string
  readonly partition: number
  readonly bytes: Buffer
  /** The offset that was asked for; a record batch may begin before it. */
  readonly from: number
  readonly aborted: readonly AbortedTransaction[] | null | undefined
}

/** Places in a record batch of format 2. https://kafka.apache.org/documentation/#recordbatch */
export const LENGTH_AT = 8
const AFTER_LENGTH = 12
const MAGIC_AT = 16
export const CRC_AT = 17
export const ATTRIBUTES_AT = 21
const LAST_DELTA_AT = 23
const FIRST_TIMESTAMP_AT = 27
const MAX_TIMESTAMP_AT = 35
const PRODUCER_ID_AT = 43
export const COUNT_AT = 57
export const BATCH_HEADER_BYTES = 61

const CODEC_MASK = 0x07
const LOG_APPEND_TIME = 0x08
const TRANSACTIONAL = 0x10
const CONTROL = 0x20

const WORD = 0x1_0000_0000
/** Offsets, timestamps and producer ids, all below 2^53. */
const int64 = (bytes: Buffer, at: number): number => bytes.readInt32BE(at) * WORD + bytes.readUInt32BE(at + 4)

/** Every record at or past `from` that is committed, in one pass. Throws as `recordParts` does. */
export function readRecordSet(set: RecordSet): InRecord[] {
  const [whole] = recordParts(set, Number.POSITIVE_INFINITY)
  return whole?.records ?? []
}

export type RecordPart = { readonly records: InRecord[]; readonly isLast: boolean }

/** The same, at most so many at a time, each part read when it is asked for; the last may be empty. No number becomes a BigInt or a text,
 *  headers are passed over, key and value are views. Record batches of aborted transactions are skipped undecoded. Throws
 *  `log_unreadable` when a checksum fails, for another format and for a codec we do not have. */
export function* recordParts({ topic, partition, bytes, from, aborted }: RecordSet, most: number): Generator<RecordPart> {
  const unreadable = (at: number, why: string, cause?: unknown): Fault =>
    new Fault('log_unreadable', `The record batch at offset ${int64(bytes, at)} of ${topic}/${partition} cannot be read: ${why}.`, cause)
  function orUnreadable<Result>(at: number, read: () => Result): Result {
    try {
      return read()
    } catch (error) {
      throw unreadable(at, error instanceof Error ? error.message : String(error), error)
    }
  }
  let records: InRecord[] = []
  const transactions = abortedBatches(aborted)
  for (let at = 0, end = 0; holdsBatchAt(bytes, at); at = end) {
    end = at + AFTER_LENGTH + bytes.readInt32BE(at + LENGTH_AT)
    const magic = bytes.readInt8(at + MAGIC_AT)
    if (magic !== 2) throw unreadable(at, `its format is ${magic}, and brokers since 4.0 write only 2`)
    if (end < at + BATCH_HEADER_BYTES) throw unreadable(at, 'it is shorter than its header')
    if (crc32c(bytes.subarray(at + ATTRIBUTES_AT, end)) !== bytes.readUInt32BE(at + CRC_AT)) throw unreadable(at, 'its checksum is wrong')

    const attributes = bytes.readInt16BE(at + ATTRIBUTES_AT)
    const firstOffset = int64(bytes, at)
    const lastOffset = firstOffset + bytes.readInt32BE(at + LAST_DELTA_AT)
    const producerId = int64(bytes, at + PRODUCER_ID_AT)
    const isAborted = transactions.isAborted(producerId, lastOffset)
    const count = bytes.readInt32BE(at + COUNT_AT)
    if (attributes & CONTROL) {
      if (count > 0 && isAbortMarker(bytes, at + BATCH_HEADER_BYTES)) transactions.ended(producerId)
      continue
    }
    if (lastOffset < from || count <= 0 || (attributes & TRANSACTIONAL && isAborted)) continue
    const origin = {
      topic,
      partition,
      firstOffset,
      from,
      firstTimestampMs: int64(bytes, at + FIRST_TIMESTAMP_AT),
      appendedAtMs: attributes & LOG_APPEND_TIME ? int64(bytes, at + MAX_TIMESTAMP_AT) : null,
    }
    const unread = orUnreadable(at, () => unpacked({ bytes, at: at + BATCH_HEADER_BYTES, end, count }, attributes & CODEC_MASK))
    while (orUnreadable(at, () => readRecords(unread, origin, records, most))) {
      yield { records, isLast: false }
      records = []
    }
  }
  yield { records, isLast: true }
}

/** What is left of a record batch: `count` records from `at` on. */
type Unread = { readonly bytes: Buffer; at: number; readonly end: number; count: number }

function unpacked(unread: Unread, codec: number): Unread {
  if (codec === 0) return unread
  const bytes = decompress(codec, unread.bytes.subarray(unread.at, unread.end))
  return { bytes, at: 0, end: bytes.length, count: unread.count }
}

/** Offset after the last whole record batch, whether records are left in it or not; `from` when there is none. By the headers alone: what
 *  is wrong with a batch `recordParts` says. */
export function nextOffsetIn(bytes: Buffer, from: number): number {
  let nextOffset = from
  for (let at = 0; holdsBatchAt(bytes, at); at += AFTER_LENGTH + bytes.readInt32BE(at + LENGTH_AT)) {
    if (bytes.readInt32BE(at + LENGTH_AT) < BATCH_HEADER_BYTES - AFTER_LENGTH) break
    nextOffset = Math.max(nextOffset, int64(bytes, at) + bytes.readInt32BE(at + LAST_DELTA_AT) + 1)
  }
  return nextOffset
}

/** False at the end, and where a record batch was cut off by maxBytes: the next fetch brings it whole. */
export const holdsBatchAt = (bytes: Buffer, at: number): boolean =>
  at + BATCH_HEADER_BYTES <= bytes.length && at + AFTER_LENGTH + bytes.readInt32BE(at + LENGTH_AT) <= bytes.length

type Origin = {
  readonly topic: string
  readonly partition: number
  readonly firstOffset: number
  readonly from: number
  readonly firstTimestampMs: number
  /** Of the whole batch, where the broker's clock counts. */
  readonly appendedAtMs: number | null
}

/** The place behind the number that was read last. */
let cursor = 0

/** Until none is left, or `into` has as many as it may have; true when some are left. */
function readRecords(unread: Unread, origin: Origin, into: InRecord[], most: number): boolean {
  const { topic, partition, firstOffset, from, firstTimestampMs, appendedAtMs } = origin
  const { bytes, end } = unread
  cursor = unread.at
  for (; unread.count > 0 && into.length < most; unread.count--) {
    const length = varint(bytes)
    const recordEnd = cursor + length
    if (!(length > 0 && recordEnd <= end)) throw new RangeError('a record reaches past its end')
    cursor++ // attributes, none of which exist
    const timestampDelta = varint(bytes)
    const offset = firstOffset + varint(bytes)
    if (offset >= from) {
      const timestampMs = appendedAtMs ?? firstTimestampMs + timestampDelta
      const key = view(bytes, recordEnd)
      const value = view(bytes, recordEnd)
      into.push({ topic, partition, offset, timestampMs, key, value })
    }
    cursor = recordEnd // past the headers
  }
  unread.at = cursor
  return unread.count > 0
}

function view(bytes: Buffer, recordEnd: number): Buffer | null {
  const length = varint(bytes)
  if (length < 0) return null
  const start = cursor
  cursor += length
  if (!(cursor <= recordEnd)) throw new RangeError('a field reaches past its record')
  return bytes.subarray(start, cursor)
}

/** Zigzag, 7 bits a byte, lowest first; exact below 2^53. NaN past the end. */
function varint(bytes: Buffer): number {
  let byte = bytes[cursor++] as number
  if (byte < 0x80) return (byte >>> 1) ^ -(byte & 1)
  let value = byte & 0x7f
  let shift = 7
  do {
    byte = bytes[cursor++] as number
    if (shift < 28) value |= (byte & 0x7f) << shift
    else value += (byte & 0x7f) * 2 ** shift
    shift += 7
  } while (byte >= 0x80 && shift < 70)
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2
}

/** Key of a control record: version int16, type int16; type 0 is an abort. Control batches are never compressed. */
function isAbortMarker(bytes: Buffer, start: number): boolean {
  cursor = start
  varint(bytes) // length
  cursor++
  varint(bytes) // timestamp
  varint(bytes) // offset
  return varint(bytes) >= 4 && bytes.readInt16BE(cursor + 2) === 0
}
