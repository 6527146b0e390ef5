import { closeSync, fstatSync, ftruncateSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs'
import { Fault } from '../events/fault.ts'
import {
  entryBytes,
  FILE_HEADER_BYTES,
  FRAME_HEADER_BYTES,
  fileHeader,
  frameBytes,
  isWhole,
  newestMsOf,
  type Seeds,
  seedsOf,
} from './frame.ts'

/** What is known of a segment without reading it. */
export type SegmentFacts = {
  readonly number: number
  readonly size: number
  readonly newestMs: number
  readonly oldestMs: number
  readonly live: Live
}

/** What counts in a segment: keys whose newest value it has, and the bytes of these entries. */
export type Live = { keys: number; bytes: number }

/** One file of a log: frames behind a header. */
export type Segment = {
  readonly number: number
  readonly seeds: Seeds
  readonly size: number
  /** The newest time of its entries; 0 when it has none. */
  readonly newestMs: number
  /** The first time of its entries; 0 when it has none. */
  readonly oldestMs: number
  readonly live: Live
  append(frame: Buffer): void
  read(into: Buffer, offset: number, length: number): number
  /** Hands over each whole frame from an offset on, with its place. Answers where the last whole one ends. */
  scan(from: number, onFrame: (frame: Buffer, offset: number) => void): number
  /** Takes away what lies behind. */
  cut(end: number): void
  close(): void
  unlink(): void
}

/** What a scan reads into; scans end before the next begins. */
let window = Buffer.alloc(0)
const WINDOW_BYTES = 4_194_304
/** Nothing longer is written: a length beyond is garbage. */
export const FRAME_MAX_BYTES = 64 * 1_048_576

/** Opens the file, or creates it with these seeds. null: what is there is no segment of ours. */
export function openSegment(path: string, number: number, seeds: Seeds | null, known?: SegmentFacts): Segment | null {
  const fd = openSync(path, seeds === null ? 'r+' : 'wx+', 0o600)
  if (seeds !== null) writeHeader(fd, path, seeds)
  const header = Buffer.alloc(FILE_HEADER_BYTES)
  const found = readSync(fd, header, 0, FILE_HEADER_BYTES, 0) === FILE_HEADER_BYTES ? seedsOf(header) : null
  if (found === null) {
    closeSync(fd)
    return null
  }
  let size = fstatSync(fd).size
  let newestMs = known?.newestMs ?? 0
  let oldestMs = known?.oldestMs ?? 0

  const note = (frame: Buffer): void => {
    const frameMs = newestMsOf(frame)
    if (frameMs === 0) return
    newestMs = Math.max(newestMs, frameMs)
    oldestMs = oldestMs === 0 ? frameMs : Math.min(oldestMs, frameMs)
  }

  return {
    number,
    seeds: found,
    get size() {
      return size
    },
    get newestMs() {
      return newestMs
    },
    get oldestMs() {
      return oldestMs
    },
    live: { keys: known?.live.keys ?? 0, bytes: known?.live.bytes ?? 0 },
    append(frame) {
      if (frame.length > FRAME_MAX_BYTES) throw new Error(`a frame of ${frame.length} bytes is too large for ${path}`)
      let written = 0
      try {
        while (written < frame.length) written += writeSync(fd, frame, written, frame.length - written, size + written)
      } catch (error) {
        throw new Fault('state_full', `The state in ${path} cannot be written. Make room on the disk of STATE_DIR.`, error)
      }
      size += frame.length
      note(frame)
    },
    read: (into, offset, length) => readSync(fd, into, 0, length, offset),
    scan(first, onFrame) {
      if (window.length === 0) window = Buffer.allocUnsafe(WINDOW_BYTES)
      let from = first
      for (;;) {
        const filled = readSync(fd, window, 0, window.length, from)
        const bytes = window.subarray(0, filled)
        let at = 0
        let broken = false
        let wanted = 0
        for (;;) {
          const length = frameBytes(bytes, at)
          if (length === null || length > FRAME_MAX_BYTES || length < FRAME_HEADER_BYTES) {
            broken = length !== null
            break
          }
          if (at + length > bytes.length) {
            wanted = length
            break
          }
          const frame = bytes.subarray(at, at + length)
          if (!isWhole(frame)) {
            broken = true
            break
          }
          note(frame)
          onFrame(frame, from + at)
          at += length
        }
        from += at
        if (broken || filled < window.length) break
        if (wanted > window.length) window = Buffer.allocUnsafe(wanted)
      }
      return from
    },
    cut(end) {
      ftruncateSync(fd, end)
      size = end
    },
    close: () => closeSync(fd),
    unlink() {
      closeSync(fd)
      unlinkSync(path)
    },
  }
}

export const factsOf = ({ number, size, newestMs, oldestMs, live }: Segment): SegmentFacts => ({
  number,
  size,
  newestMs,
  oldestMs,
  live: { ...live },
})

/** One read brings most entries whole: half as much again as an entry of the segment takes on average. What is read beyond costs as much
 *  as what is needed. */
const AHEAD_SHARE = 1.5
const AHEAD_LEAST_BYTES = 128
const ahead = Buffer.allocUnsafeSlow(4_096)

/** The whole entry, header in front, in memory of its own. */
export function readEntry(segment: Segment, offset: number): Buffer {
  const { keys, bytes } = segment.live
  const guess = keys === 0 ? ahead.length : Math.max(AHEAD_LEAST_BYTES, Math.ceil((AHEAD_SHARE * bytes) / keys))
  const read = segment.read(ahead, offset, Math.min(ahead.length, guess))
  const length = entryBytes(ahead, 0)
  const whole = Buffer.allocUnsafe(length)
  if (length <= read) ahead.copy(whole, 0, 0, length)
  else segment.read(whole, offset, length)
  return whole
}

function writeHeader(fd: number, path: string, seeds: Seeds): void {
  try {
    writeSync(fd, fileHeader(seeds))
  } catch (error) {
    closeSync(fd)
    unlinkSync(path)
    throw error
  }
}
