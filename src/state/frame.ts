import { crc32 } from 'node:zlib'

/** A segment file begins with 20 bytes: magic, version, two seeds of its hashes, CRC-32 of these. Then frames follow one another; a frame is what one
 *  batch changed, with the position it was read up to, so that both are there or neither:
 *
 *  | bytes | what |
 *  |---|---|
 *  | 4 | length of all that follows the checksum |
 *  | 4 | CRC-32 of it |
 *  | 6 | next offset to read |
 *  | 6 | when it was written, epoch ms |
 *  | 6 | the newest time of its entries, epoch ms |
 *  | ... | entries: 4 + 4 hash, 2 key length, 4 value length (2^32 - 1: removed), key, value |
 */
const MAGIC = 0x50424c31
const VERSION = 1
export const FILE_HEADER_BYTES = 20
export const FRAME_HEADER_BYTES = 26
export const ENTRY_HEADER_BYTES = 14
export const REMOVED = 0xffff_ffff
const CHECKED_FROM = 8

export type Position = {
  /** The offset to read next. */
  readonly next: number
  /** When this process wrote it, epoch ms. */
  readonly aliveAtMs: number
}

export type Seeds = { readonly low: number; readonly high: number }

export function fileHeader(seeds: Seeds): Buffer {
  const bytes = Buffer.alloc(FILE_HEADER_BYTES)
  bytes.writeUInt32BE(MAGIC, 0)
  bytes.writeUInt32BE(VERSION, 4)
  bytes.writeUInt32BE(seeds.low, 8)
  bytes.writeUInt32BE(seeds.high, 12)
  bytes.writeUInt32BE(crc32(bytes.subarray(0, 16)), 16)
  return bytes
}

/** null: it is no segment of ours. */
export function seedsOf(header: Buffer): Seeds | null {
  if (header.readUInt32BE(0) !== MAGIC || header.readUInt32BE(4) !== VERSION) return null
  if (header.readUInt32BE(16) !== crc32(header.subarray(0, 16))) return null
  return { low: header.readUInt32BE(8), high: header.readUInt32BE(12) }
}

/** Completes the header in front of entries that lie in `frame` already. */
export function seal(frame: Buffer, position: Position, newestMs: number): void {
  frame.writeUInt32BE(frame.length - CHECKED_FROM, 0)
  frame.writeUIntBE(position.next, 8, 6)
  frame.writeUIntBE(position.aliveAtMs, 14, 6)
  frame.writeUIntBE(newestMs, 20, 6)
  frame.writeUInt32BE(crc32(frame.subarray(CHECKED_FROM)), 4)
}

/** Bytes of the frame that begins here; null when so much is not there to tell. */
export const frameBytes = (bytes: Buffer, at: number): number | null =>
  at + FRAME_HEADER_BYTES > bytes.length ? null : bytes.readUInt32BE(at) + CHECKED_FROM

export const isWhole = (frame: Buffer): boolean => crc32(frame.subarray(CHECKED_FROM)) === frame.readUInt32BE(4)

export const positionOf = (frame: Buffer): Position => ({ next: frame.readUIntBE(8, 6), aliveAtMs: frame.readUIntBE(14, 6) })
export const newestMsOf = (frame: Buffer): number => frame.readUIntBE(20, 6)

/** Of the entry that begins here. */
export function entryBytes(bytes: Buffer, at: number): number {
  const valueBytes = valueBytesAt(bytes, at)
  return ENTRY_HEADER_BYTES + keyBytesAt(bytes, at) + (valueBytes === REMOVED ? 0 : valueBytes)
}
export const keyBytesAt = (bytes: Buffer, at: number): number => bytes.readUInt16BE(at + 8)
export const valueBytesAt = (bytes: Buffer, at: number): number => bytes.readUInt32BE(at + 10)
