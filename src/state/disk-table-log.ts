import { randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { ENTRY_HEADER_BYTES, FRAME_HEADER_BYTES, type Position, positionOf, REMOVED, type Seeds, seal } from './frame.ts'
import { createHashIndex, hash64 } from './hash-index.ts'
import { openSegment, type Segment } from './segment.ts'
import type { TableLog } from './table-log.ts'

export type DiskTableLogOptions = {
  /** A segment is closed at this size, or when its entries span `segmentMs`. */
  readonly segmentBytes?: number
  readonly segmentMs?: number
  /** Told when bytes at the end of the log were not whole and are read from the topic again. */
  readonly onCut?: (bytes: number) => void
}

const SEGMENT_BYTES = 128 * 1_048_576
const SEGMENT_MS = 86_400_000
/** One read brings an entry of this size whole. */
const READ_AHEAD_BYTES = 1_024
/** How old a position in memory may be that nothing was written with. */
const POSITION_EVERY_MS = 10_000
/** Superseded entries are worth a rewrite of the oldest segment beyond this share of all bytes, from this size on. */
const GARBAGE_SHARE = 0.5
const SCRATCH_BYTES = 262_144

/** A table as an append log with an index in memory: a batch is one write of one checksummed frame, an entry is found by its hash
 *  and one read, and old segments are deleted whole. A process that dies loses nothing that was written; a machine that dies loses
 *  the end, which the topic has. */
export function openDiskTableLog(dir: string, options: DiskTableLogOptions = {}): TableLog {
  const { segmentBytes = SEGMENT_BYTES, segmentMs = SEGMENT_MS } = options
  const index = createHashIndex()
  const segments = new Map<number, Segment>()
  const hash = { low: 0, high: 0 }
  let seeds: Seeds = newSeeds()
  let active: Segment | null = null
  let position: Position | undefined
  let writtenMs = 0
  let scratch = Buffer.allocUnsafe(SCRATCH_BYTES)
  /** Bytes of the frame that is being filled; 0: none is. */
  let filled = 0
  let liveBytes = 0

  load()

  function load(): void {
    mkdirSync(dir, { recursive: true })
    const numbers = readdirSync(dir)
      .flatMap((name) => /^(\d+)\.log$/.exec(name)?.[1] ?? [])
      .map(Number)
      .sort((a, b) => a - b)
    for (const [at, number] of numbers.entries()) {
      const segment = openSegment(pathOf(number), number, null)
      if (segment === null || (at > 0 && (segment.seeds.low !== seeds.low || segment.seeds.high !== seeds.high))) {
        segment?.close()
        cutFrom(numbers.slice(at))
        break
      }
      seeds = segment.seeds
      segments.set(number, segment)
      active = segment
      const cut = segment.scan((frame, offset) => {
        position = positionOf(frame)
        learn(frame, number, offset)
      })
      // Nothing behind a gap may count: its position would be past what is missing.
      if (cut > 0) {
        options.onCut?.(cut)
        cutFrom(numbers.slice(at + 1))
        break
      }
    }
    writtenMs = position?.aliveAtMs ?? 0
  }

  function pathOf(number: number): string {
    return join(dir, `${String(number).padStart(8, '0')}.log`)
  }

  function cutFrom(numbers: readonly number[]): void {
    for (const number of numbers) rmSync(pathOf(number), { force: true })
  }

  /** Enters what a frame of a segment holds into the index. */
  function learn(frame: Buffer, number: number, frameOffset: number): void {
    for (let at = FRAME_HEADER_BYTES; at < frame.length; ) {
      hash.low = frame.readUInt32BE(at)
      hash.high = frame.readUInt32BE(at + 4)
      const keyBytes = frame.readUInt16BE(at + 8)
      const valueBytes = frame.readUInt32BE(at + 10)
      const keyAt = at + ENTRY_HEADER_BYTES
      // Nearly every key is new: millions of views would be made for nothing.
      if (index.slotOf(hash.low, hash.high, -1) >= 0) enter(frame.subarray(keyAt, keyAt + keyBytes), number, frameOffset + at, valueBytes)
      else if (valueBytes !== REMOVED) add(keyBytes, number, frameOffset + at, valueBytes)
      at = keyAt + keyBytes + (valueBytes === REMOVED ? 0 : valueBytes)
    }
  }

  /** `hash` is that of the key. */
  function enter(key: Uint8Array, segment: number, offset: number, valueBytes: number): void {
    const slot = slotOf(key)
    if (slot >= 0) liveBytes -= entryAt(slot).length
    if (valueBytes === REMOVED) {
      if (slot >= 0) index.remove(slot)
      return
    }
    if (slot < 0) {
      add(key.length, segment, offset, valueBytes)
      return
    }
    liveBytes += ENTRY_HEADER_BYTES + key.length + valueBytes
    index.move(slot, segment, offset)
  }

  function add(keyBytes: number, segment: number, offset: number, valueBytes: number): void {
    liveBytes += ENTRY_HEADER_BYTES + keyBytes + valueBytes
    index.add(hash.low, hash.high, segment, offset)
  }

  /** Where a key stands in the index, by `hash`; -1: it does not. */
  function slotOf(key: Uint8Array): number {
    for (let slot = index.slotOf(hash.low, hash.high, -1); slot >= 0; slot = index.slotOf(hash.low, hash.high, slot)) {
      const entry = entryAt(slot)
      if (
        entry.readUInt16BE(8) === key.length &&
        entry.compare(key, 0, key.length, ENTRY_HEADER_BYTES, ENTRY_HEADER_BYTES + key.length) === 0
      )
        return slot
    }
    return -1
  }

  /** The whole entry, header in front, in memory of its own. */
  function entryAt(slot: number): Buffer {
    const segment = segments.get(index.segment(slot))
    const offset = index.offset(slot)
    if (segment === undefined) throw new Error(`the index of ${dir} names a segment that is gone`)
    if (segment === active && offset >= segment.size) {
      const at = offset - segment.size
      return Buffer.from(scratch.subarray(at, at + entryBytes(scratch, at)))
    }
    const bytes = Buffer.allocUnsafe(READ_AHEAD_BYTES)
    const read = segment.read(bytes, offset, READ_AHEAD_BYTES)
    const length = entryBytes(bytes, 0)
    if (length <= read) return bytes.subarray(0, length)
    const whole = Buffer.allocUnsafe(length)
    segment.read(whole, offset, length)
    return whole
  }

  function append(key: Uint8Array, value: Uint8Array | null): void {
    if (filled === 0) throw new Error(`${dir} is written outside of a frame`)
    const length = ENTRY_HEADER_BYTES + key.length + (value?.length ?? 0)
    if (filled + length > scratch.length) scratch = Buffer.concat([scratch], Math.max(scratch.length * 2, filled + length))
    hash64(key, seeds.low, seeds.high, hash)
    scratch.writeUInt32BE(hash.low, filled)
    scratch.writeUInt32BE(hash.high, filled + 4)
    scratch.writeUInt16BE(key.length, filled + 8)
    scratch.writeUInt32BE(value === null ? REMOVED : value.length, filled + 10)
    scratch.set(key, filled + ENTRY_HEADER_BYTES)
    if (value !== null) scratch.set(value, filled + ENTRY_HEADER_BYTES + key.length)
    const segment = active as Segment // `write` has opened it
    enter(key, segment.number, segment.size + filled, value === null ? REMOVED : value.length)
    filled += length
  }

  /** The segment that the next frame goes to. */
  function ready(newestMs: number): void {
    const full = active !== null && (active.size > segmentBytes || (active.oldestMs > 0 && newestMs - active.oldestMs > segmentMs))
    if (active !== null && !full) return
    const number = (active?.number ?? 0) + 1
    active = openSegment(pathOf(number), number, seeds) as Segment // just made
    segments.set(number, active)
  }

  function write<Result>(next: Position, newestMs: number, fill: () => Result): Result {
    ready(newestMs)
    filled = FRAME_HEADER_BYTES
    try {
      const result = fill()
      const frame = scratch.subarray(0, filled)
      seal(frame, next, filled === FRAME_HEADER_BYTES ? 0 : newestMs)
      ;(active as Segment).append(frame)
      position = next
      writtenMs = next.aliveAtMs
      return result
    } catch (error) {
      filled = 0
      reload() // the index knows entries that were never written
      throw error
    } finally {
      filled = 0
    }
  }

  function release(): void {
    for (const segment of segments.values()) segment.close()
    segments.clear()
    active = null
    index.clear()
    liveBytes = 0
    position = undefined
  }
  function reload(): void {
    release()
    load()
  }

  /** Superseded entries take room until their segment goes: when they are most of it, what still counts in the oldest segment is
   *  written again, and the segment goes. */
  function compact(): void {
    const bytes = [...segments.values()].reduce((sum, { size }) => sum + size, 0)
    const [oldest] = segments.values()
    if (oldest === undefined || oldest === active || position === undefined || bytes < segmentBytes || liveBytes > bytes * GARBAGE_SHARE)
      return
    const kept: { key: Buffer; value: Buffer }[] = []
    oldest.scan((frame, frameOffset) => {
      for (let at = FRAME_HEADER_BYTES; at < frame.length; at += entryBytes(frame, at)) {
        const keyEnd = at + ENTRY_HEADER_BYTES + frame.readUInt16BE(at + 8)
        const key = frame.subarray(at + ENTRY_HEADER_BYTES, keyEnd)
        hash64(key, seeds.low, seeds.high, hash)
        const slot = slotOf(key)
        const isLive = slot >= 0 && index.segment(slot) === oldest.number && index.offset(slot) === frameOffset + at
        if (isLive) kept.push({ key: Buffer.from(key), value: Buffer.from(frame.subarray(keyEnd, at + entryBytes(frame, at))) })
      }
    })
    write(position, oldest.newestMs, () => {
      for (const { key, value } of kept) append(key, value)
    })
    drop(oldest)
  }

  function drop(segment: Segment): number {
    const gone = index.removeSegment(segment.number)
    segments.delete(segment.number)
    segment.unlink()
    return gone
  }

  return {
    get position() {
      return position
    },
    get size() {
      return index.size
    },
    get(key) {
      hash64(key, seeds.low, seeds.high, hash)
      const slot = slotOf(key)
      if (slot < 0) return undefined
      return entryAt(slot).subarray(ENTRY_HEADER_BYTES + key.length)
    },
    put: append,
    remove: (key) => append(key, null),
    write,
    advance(next) {
      if (next.aliveAtMs - writtenMs > POSITION_EVERY_MS) write(next, 0, () => undefined)
      else position = next
    },
    purge(olderThanMs) {
      let gone = 0
      for (const segment of [...segments.values()]) {
        if (segment === active || segment.newestMs >= olderThanMs) break // in order, so that the rest of the log stays whole
        gone += drop(segment)
      }
      compact()
      return gone
    },
    clear() {
      release()
      rmSync(dir, { recursive: true, force: true })
      seeds = newSeeds()
      load()
    },
    close() {
      if (position !== undefined && segments.size > 0) write(position, 0, () => undefined)
      release()
    },
  }
}

const newSeeds = (): Seeds => ({ low: randomBytes(4).readUInt32BE(0), high: randomBytes(4).readUInt32BE(0) })

/** Of the entry that begins here. */
function entryBytes(bytes: Buffer, at: number): number {
  const valueBytes = bytes.readUInt32BE(at + 10)
  return ENTRY_HEADER_BYTES + bytes.readUInt16BE(at + 8) + (valueBytes === REMOVED ? 0 : valueBytes)
}
