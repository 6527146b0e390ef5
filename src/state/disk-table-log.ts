import { rmSync } from 'node:fs'
import { Fault } from '../events/fault.ts'
import {
  ENTRY_HEADER_BYTES,
  entryBytes,
  FILE_HEADER_BYTES,
  FRAME_HEADER_BYTES,
  keyBytesAt,
  newestMsOf,
  type Position,
  REMOVED,
  seal,
} from './frame.ts'
import { type IndexedLogOptions, openIndexedLog } from './indexed-log.ts'
import type { Segment } from './segment.ts'
import type { TableLog } from './table-log.ts'

export type DiskTableLogOptions = IndexedLogOptions & {
  /** A segment is closed at this size, or when its entries span `segmentMs`. */
  readonly segmentBytes?: number
  readonly segmentMs?: number
}

const SEGMENT_BYTES = 128 * 1_048_576
const SEGMENT_MS = 86_400_000
/** How old a position in memory may be that nothing was written with. */
const POSITION_EVERY_MS = 10_000
/** Superseded entries are worth a rewrite of the oldest segment beyond this share of all bytes, from this size on. */
const GARBAGE_SHARE = 0.5
const SCRATCH_BYTES = 262_144

/** A table as an append log with an index: a batch is one write of one checksummed frame, an entry is found by its hash and one
 *  read, and old segments are deleted whole. A process that dies loses nothing that was written; a machine that dies loses the end,
 *  which the topic has. */
export function openDiskTableLog(dir: string, options: DiskTableLogOptions = {}): TableLog {
  const { segmentBytes = SEGMENT_BYTES, segmentMs = SEGMENT_MS } = options
  let scratch = Buffer.allocUnsafe(SCRATCH_BYTES)
  /** Bytes of the frame that is being filled; 0: none is. */
  let filled = 0
  const open = () => openIndexedLog(dir, () => scratch, options)
  let log = open()
  let { position } = log
  let writtenMs = position?.aliveAtMs ?? 0
  /** It was closed, and could not be opened again. */
  let isClosed = false

  function close(): void {
    if (isClosed) return
    isClosed = true
    log.close()
  }
  function reopen(): void {
    close()
    log = open()
    isClosed = false
    position = log.position
    writtenMs = position?.aliveAtMs ?? 0
  }

  function append(key: Uint8Array, value: Uint8Array | null): void {
    if (filled === 0) throw new Error(`${dir} is written outside of a frame`)
    const length = ENTRY_HEADER_BYTES + key.length + (value?.length ?? 0)
    if (filled + length > scratch.length) scratch = Buffer.concat([scratch], Math.max(scratch.length * 2, filled + length))
    const { low, high } = log.hashOf(key)
    const valueBytes = value === null ? REMOVED : value.length
    scratch.writeUInt32BE(low, filled)
    scratch.writeUInt32BE(high, filled + 4)
    scratch.writeUInt16BE(key.length, filled + 8)
    scratch.writeUInt32BE(valueBytes, filled + 10)
    scratch.set(key, filled + ENTRY_HEADER_BYTES)
    if (value !== null) scratch.set(value, filled + ENTRY_HEADER_BYTES + key.length)
    const { number, size } = log.active as Segment // `write` has opened it
    log.enter(key, number, size + filled, valueBytes)
    filled += length
  }

  /** The segment that the next frame goes to. */
  function ready(newestMs: number): Segment {
    const { active } = log
    const isFull = active !== null && (active.size > segmentBytes || (active.oldestMs > 0 && newestMs - active.oldestMs > segmentMs))
    return active === null || isFull ? log.addSegment() : active
  }

  function write<Result>(next: Position, newestMs: number, fill: () => Result): Result {
    if (isClosed) reopen()
    const segment = ready(newestMs)
    filled = FRAME_HEADER_BYTES
    try {
      const result = fill()
      const frame = scratch.subarray(0, filled)
      seal(frame, next, filled === FRAME_HEADER_BYTES ? 0 : newestMs)
      segment.append(frame)
      filled = 0
      position = next
      writtenMs = next.aliveAtMs
      log.settle(next)
      return result
    } catch (error) {
      filled = 0
      reopen() // the index knows entries that were never written
      throw error
    }
  }

  /** The entries of a frame that count: the newest of their keys. */
  function liveIn(frame: Buffer, segment: number, frameOffset: number): { key: Buffer; value: Buffer }[] {
    const live: { key: Buffer; value: Buffer }[] = []
    for (let at = FRAME_HEADER_BYTES; at < frame.length; at += entryBytes(frame, at)) {
      const keyEnd = at + ENTRY_HEADER_BYTES + keyBytesAt(frame, at)
      const key = frame.subarray(at + ENTRY_HEADER_BYTES, keyEnd)
      const isLive = log.entryOf(key) !== undefined && log.found.segment === segment && log.found.offset === frameOffset + at
      if (isLive) live.push({ key, value: frame.subarray(keyEnd, at + entryBytes(frame, at)) })
    }
    return live
  }

  /** Superseded entries take room until their segment goes: when they are most of it, what still counts in the oldest segment is
   *  written again, and the segment goes. */
  function compact(): void {
    const bytes = [...log.segments.values()].reduce((sum, { size }) => sum + size, 0)
    const [oldest] = log.segments.values()
    if (oldest === undefined || oldest === log.active || position === undefined) return
    if (bytes < segmentBytes || log.live().bytes > bytes * GARBAGE_SHARE) return
    const at = position
    const end = oldest.scan(FILE_HEADER_BYTES, (frame, frameOffset) => {
      const live = liveIn(frame, oldest.number, frameOffset)
      if (live.length === 0) return
      write(at, newestMsOf(frame), () => {
        for (const { key, value } of live) append(key, value)
      })
    })
    if (end !== oldest.size) throw new Fault('state_corrupt', `A byte of segment ${oldest.number} in ${dir} is not as it was written.`)
    log.drop([oldest])
  }

  return {
    get position() {
      return position
    },
    get size() {
      return log.live().keys
    },
    get: (key) => log.entryOf(key)?.subarray(ENTRY_HEADER_BYTES + key.length),
    put: append,
    remove: (key) => append(key, null),
    write,
    advance(next) {
      if (next.aliveAtMs - writtenMs > POSITION_EVERY_MS) write(next, 0, () => undefined)
      else position = next
    },
    purge(olderThanMs) {
      const old: Segment[] = []
      for (const segment of log.segments.values()) {
        if (segment === log.active || segment.newestMs >= olderThanMs) break // in order, so that the rest of the log stays whole
        old.push(segment)
      }
      const gone = log.drop(old)
      compact()
      return gone
    },
    clear() {
      close()
      rmSync(dir, { recursive: true, force: true })
      log = open()
      isClosed = false
      position = undefined
      writtenMs = 0
    },
    close() {
      if (isClosed) return
      if (position !== undefined && log.segments.size > 0) write(position, 0, () => undefined)
      close()
    },
  }
}
