import { crc32 } from 'node:zlib'
import type { Outgoing } from '../deps.ts'

/** A spool file is a row of frames and nothing else. The position of a frame is its offset in the file plus the position the file
 *  begins at; it stands in the frame, so that no copy of one passes for another.
 *
 *  | bytes | what |
 *  |---|---|
 *  | 4 | magic: no UTF-8 text holds it |
 *  | 4 | length of all that follows the checksum |
 *  | 4 | CRC-32 of it |
 *  | 6 | position |
 *  | 1 | 1: a record, 2: positions that the broker has |
 *  | ... | record: partition 4, topic length 1, key length 4, topic, key, value; positions: 6 each |
 */
const MAGIC = Buffer.from([0xff, 0x50, 0x53, 0x01])
const CHECKED_FROM = 12
const HEADER_BYTES = 19
const RECORD_HEADER_BYTES = 9
const POSITION_BYTES = 6
const RECORD = 1
const DONE = 2
/** Four times the largest record a producer takes: a length beyond is garbage. */
export const FRAME_MAX_BYTES = 4_000_000

export type Frame = { readonly position: number; readonly bytes: number } & (
  | { readonly kind: 'record'; readonly record: Outgoing }
  | { readonly kind: 'done'; readonly positions: readonly number[] }
)

export const recordFrameBytes = ({ topic, key, value }: Outgoing): number =>
  HEADER_BYTES + RECORD_HEADER_BYTES + Buffer.byteLength(topic) + Buffer.byteLength(key) + value.length

export function recordFrame(record: Outgoing, position: number): Buffer {
  const topic = Buffer.from(record.topic)
  const key = Buffer.from(record.key)
  const frame = Buffer.allocUnsafe(recordFrameBytes(record))
  let at = HEADER_BYTES
  at = frame.writeUInt32BE(record.partition, at)
  at = frame.writeUInt8(topic.length, at)
  at = frame.writeUInt32BE(key.length, at)
  at += topic.copy(frame, at)
  at += key.copy(frame, at)
  record.value.copy(frame, at)
  return seal(frame, position, RECORD)
}

export function doneFrame(positions: readonly number[], position: number): Buffer {
  const frame = Buffer.allocUnsafe(HEADER_BYTES + positions.length * POSITION_BYTES)
  for (const [index, done] of positions.entries()) frame.writeUIntBE(done, HEADER_BYTES + index * POSITION_BYTES, POSITION_BYTES)
  return seal(frame, position, DONE)
}

function seal(frame: Buffer, position: number, kind: number): Buffer {
  MAGIC.copy(frame, 0)
  frame.writeUInt32BE(frame.length - CHECKED_FROM, 4)
  frame.writeUIntBE(position, CHECKED_FROM, POSITION_BYTES)
  frame.writeUInt8(kind, CHECKED_FROM + POSITION_BYTES)
  frame.writeUInt32BE(crc32(frame.subarray(CHECKED_FROM)), 8)
  return frame
}

/** The frame at `at` of these bytes, whose position is `position`. `short`: it may be one, and more bytes are needed to tell. Key and
 *  value are views of the bytes. */
export function readFrame(bytes: Buffer, at: number, position: number): Frame | 'short' | 'bad' {
  const left = bytes.length - at
  if (left < HEADER_BYTES)
    return MAGIC.subarray(0, left).equals(bytes.subarray(at, at + Math.min(left, MAGIC.length))) || left > MAGIC.length ? 'short' : 'bad'
  if (bytes.readUInt32BE(at) !== MAGIC.readUInt32BE(0)) return 'bad'
  const length = bytes.readUInt32BE(at + 4) + CHECKED_FROM
  if (length < HEADER_BYTES || length > FRAME_MAX_BYTES) return 'bad'
  if (length > left) return 'short'
  const frame = bytes.subarray(at, at + length)
  if (crc32(frame.subarray(CHECKED_FROM)) !== frame.readUInt32BE(8)) return 'bad'
  if (frame.readUIntBE(CHECKED_FROM, POSITION_BYTES) !== position) return 'bad'
  return frame.readUInt8(CHECKED_FROM + POSITION_BYTES) === RECORD ? recordOf(frame, position) : doneOf(frame, position)
}

function recordOf(frame: Buffer, position: number): Frame {
  const partition = frame.readUInt32BE(HEADER_BYTES)
  const topicEnd = HEADER_BYTES + RECORD_HEADER_BYTES + frame.readUInt8(HEADER_BYTES + 4)
  const keyEnd = topicEnd + frame.readUInt32BE(HEADER_BYTES + 5)
  const topic = frame.toString('utf8', HEADER_BYTES + RECORD_HEADER_BYTES, topicEnd)
  const record = { topic, partition, key: frame.toString('utf8', topicEnd, keyEnd), value: frame.subarray(keyEnd) }
  return { kind: 'record', position, bytes: frame.length, record }
}

function doneOf(frame: Buffer, position: number): Frame {
  const positions: number[] = []
  for (let at = HEADER_BYTES; at < frame.length; at += POSITION_BYTES) positions.push(frame.readUIntBE(at, POSITION_BYTES))
  return { kind: 'done', position, bytes: frame.length, positions }
}

/** Where the next frame might begin, from `from` on; -1 when nowhere. */
export const nextMagic = (bytes: Buffer, from: number): number => bytes.indexOf(MAGIC, from)
