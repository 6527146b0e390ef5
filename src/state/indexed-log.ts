import { randomBytes } from 'node:crypto'
import {
  ENTRY_HEADER_BYTES,
  entryBytes,
  FILE_HEADER_BYTES,
  FRAME_HEADER_BYTES,
  keyBytesAt,
  type Position,
  positionOf,
  REMOVED,
  type Seeds,
  valueBytesAt,
} from './frame.ts'
import { hash64 } from './key-index/hash-index.ts'
import { filesOf, type KeyIndex, type KeyIndexOptions, NO_HEADS, openKeyIndex } from './key-index/key-index.ts'
import { bootId, type Manifest, openIndexList } from './key-index/manifest.ts'
import { openLogFolder } from './log-folder.ts'
import { factsOf, type Live, openSegment, readEntry, type Segment } from './segment.ts'

export type IndexedLogOptions = KeyIndexOptions & {
  /** The start of the machine: what was written since is there, and is not read again. null: unknown, so all is read and checked. */
  readonly boot?: string | null
  /** Told when bytes at the end of the log were not whole and are read from the topic again. */
  readonly onCut?: (bytes: number) => void
  /** Told when the index could not be brought to the disk. The frame it followed is written all the same. */
  readonly onIndexFault?: (error: unknown) => void
}

/** The segments of a folder and where in them each key lies. */
export type IndexedLog = {
  /** From old to new; the last one is written to. */
  readonly segments: ReadonlyMap<number, Segment>
  readonly active: Segment | null
  /** Of the last whole frame. */
  readonly position: Position | undefined
  /** What counts in all segments. */
  live(): Live
  /** Sets `hash` to that of the key. */
  hashOf(key: Uint8Array): { readonly low: number; readonly high: number }
  /** The newest entry of a key, header in front, in memory of its own; undefined when it has no value. */
  entryOf(key: Uint8Array): Buffer | undefined
  /** Where `entryOf` found the last one. */
  readonly found: { readonly segment: number; readonly offset: number }
  /** A key was put or removed there; `hash` is that of the key. */
  enter(key: Uint8Array, segment: number, offset: number, valueBytes: number): void
  /** A frame is written: the index may be brought to the disk. */
  settle(position: Position): void
  addSegment(): Segment
  /** Takes away the oldest; answers how many keys went. */
  drop(segments: readonly Segment[]): number
  close(): void
}

/** `unwritten` has the bytes of the frame that is being filled, which will follow what `active` has. */
export function openIndexedLog(dir: string, unwritten: () => Buffer, options: IndexedLogOptions): IndexedLog {
  const boot = options.boot === undefined ? bootId() : options.boot
  const segments = new Map<number, Segment>()
  const hash = { low: 0, high: 0 }
  const found = { segment: 0, offset: 0 }
  let seeds: Seeds = { low: randomBytes(4).readUInt32BE(0), high: randomBytes(4).readUInt32BE(0) }
  let active: Segment | null = null
  let position: Position | undefined
  /** The key that was sought last, when it has no entry: nearly every key is sought before it is put. */
  const absent = { key: null as Uint8Array | null, low: 0, high: 0 }
  /** Of the key that is sought, and what was found. */
  let sought: Uint8Array = Buffer.alloc(0)
  let entry: Buffer | undefined

  const folder = openLogFolder(dir)
  const numbers = folder.numbers()
  const list = openIndexList(dir, boot)
  let index = list.written === null ? null : resume(list.written)
  if (index === null) {
    list.forget()
    index = openKeyIndex(dir, NO_HEADS, isThere, options) as KeyIndex // of no files, so none is missing
  }
  const keyIndex = index
  try {
    folder.removeIndexBut(filesOf(keyIndex.heads))
    readFrom(list.written?.covered ?? { segment: 0, offset: 0 })
  } catch (error) {
    close()
    throw error
  }

  /** Opens what the index on disk covers; null when that is not there as it was. */
  function resume({ covered, position: known, segments: facts, ...heads }: Manifest): KeyIndex | null {
    for (const one of facts) {
      if (one.number < (numbers[0] ?? 0)) continue // purged since
      const segment = numbers.includes(one.number) ? openSegment(folder.pathOf(one.number), one.number, null, one) : null
      if (segment !== null) hold(segment)
      const isWhole = segment !== null && (one.number === covered.segment ? segment.size >= covered.offset : segment.size === one.size)
      if (!isWhole || !isOfSeeds(segment)) return giveUp()
    }
    if (active?.number !== covered.segment) return giveUp()
    position = known
    return openKeyIndex(dir, heads, isThere, options) ?? giveUp()
  }
  function giveUp(): null {
    for (const segment of segments.values()) segment.close()
    segments.clear()
    ;[active, position] = [null, undefined]
    return null
  }

  /** Reads the log from there on; it ends before what is not whole. */
  function readFrom(from: Manifest['covered']): void {
    for (const [at, number] of numbers.entries()) {
      if (number < from.segment) continue
      const segment = segments.get(number) ?? openSegment(folder.pathOf(number), number, null)
      const follows = at === 0 || number === (numbers[at - 1] as number) + 1
      if (segment === null || (at > 0 && !isOfSeeds(segment)) || !follows) {
        segment?.close()
        folder.remove(numbers.slice(at))
        return
      }
      if (!segments.has(number)) hold(segment)
      const end = segment.scan(number === from.segment ? from.offset : FILE_HEADER_BYTES, (frame, offset) => {
        position = positionOf(frame)
        learn(frame, number, offset)
        bringToDisk(number, offset + frame.length)
      })
      if (end === segment.size) continue
      options.onCut?.(segment.size - end)
      // Nothing behind a gap may count: its position would be past what is missing. So that goes first.
      folder.remove(numbers.slice(at + 1))
      segment.cut(end)
      return
    }
  }

  function hold(segment: Segment): void {
    if (segments.size === 0) seeds = segment.seeds
    segments.set(segment.number, segment)
    active = segment
  }
  function isThere(number: number): boolean {
    return segments.has(number)
  }
  function isOfSeeds(segment: Segment): boolean {
    return segment.seeds.low === seeds.low && segment.seeds.high === seeds.high
  }

  /** Enters what a frame of a segment holds into the index. */
  function learn(frame: Buffer, number: number, frameOffset: number): void {
    for (let at = FRAME_HEADER_BYTES; at < frame.length; at += entryBytes(frame, at)) {
      hash.low = frame.readUInt32BE(at)
      hash.high = frame.readUInt32BE(at + 4)
      const [keyBytes, valueBytes, keyAt] = [keyBytesAt(frame, at), valueBytesAt(frame, at), at + ENTRY_HEADER_BYTES]
      // Nearly every key is new: millions of views would be made for nothing.
      if (keyIndex.mayHold(hash.low, hash.high)) enter(frame.subarray(keyAt, keyAt + keyBytes), number, frameOffset + at, valueBytes)
      else if (valueBytes !== REMOVED) add(keyBytes, number, frameOffset + at, valueBytes)
    }
  }

  /** The newest entry of a key, which may be that of its removal; `hash` is that of the key. */
  function find(key: Uint8Array): Buffer | undefined {
    sought = key
    entry = undefined
    keyIndex.find(hash.low, hash.high, isSought)
    absent.key = entry === undefined ? key : null
    absent.low = hash.low
    absent.high = hash.high
    return entry
  }
  function isSought(segment: number, offset: number): boolean {
    const bytes = entryAt(segment, offset)
    if (bytes === undefined || keyBytesAt(bytes, 0) !== sought.length) return false
    if (bytes.compare(sought, 0, sought.length, ENTRY_HEADER_BYTES, ENTRY_HEADER_BYTES + sought.length) !== 0) return false
    entry = bytes
    found.segment = segment
    found.offset = offset
    return true
  }

  /** undefined: its segment is gone. */
  function entryAt(number: number, offset: number): Buffer | undefined {
    const segment = segments.get(number)
    if (segment === undefined) return undefined
    if (segment === active && offset >= segment.size) {
      const bytes = unwritten()
      const at = offset - segment.size
      return Buffer.from(bytes.subarray(at, at + entryBytes(bytes, at)))
    }
    return readEntry(segment, offset)
  }

  function enter(key: Uint8Array, segment: number, offset: number, valueBytes: number): void {
    const isNew = absent.key !== null && hash.low === absent.low && hash.high === absent.high && Buffer.compare(absent.key, key) === 0
    const old = isNew ? undefined : find(key)
    absent.key = null
    if (old !== undefined && valueBytesAt(old, 0) !== REMOVED) count(found.segment, -1, -old.length)
    if (valueBytes === REMOVED) {
      if (old !== undefined && !keyIndex.forget()) keyIndex.move(hash.low, hash.high, segment, offset)
      return
    }
    count(segment, 1, ENTRY_HEADER_BYTES + key.length + valueBytes)
    if (old === undefined) keyIndex.add(hash.low, hash.high, segment, offset)
    else keyIndex.move(hash.low, hash.high, segment, offset)
  }
  function add(keyBytes: number, segment: number, offset: number, valueBytes: number): void {
    count(segment, 1, ENTRY_HEADER_BYTES + keyBytes + valueBytes)
    keyIndex.add(hash.low, hash.high, segment, offset)
  }
  function count(number: number, moreKeys: number, moreBytes: number): void {
    const { live } = segments.get(number) as Segment // what lies in it was just found or is being put
    live.keys += moreKeys
    live.bytes += moreBytes
  }

  /** After a frame that ends there. What fails is done after a later one: the log has it all. */
  function bringToDisk(segment: number, offset: number): void {
    orLater(() => {
      if (position !== undefined && keyIndex.save())
        list.cover({ covered: { segment, offset }, position, segments: [...segments.values()].map(factsOf), ...keyIndex.heads })
      if (list.isOwed) keepList()
      if (keyIndex.tidy(isThere)) keepList()
    })
  }
  function orLater(work: () => void): void {
    try {
      work()
    } catch (error) {
      options.onIndexFault?.(error)
    }
  }
  function keepList(): void {
    list.write(keyIndex.heads.runs)
    keyIndex.sweep()
  }

  return {
    segments,
    found,
    enter,
    get active() {
      return active
    },
    get position() {
      return position
    },
    live() {
      const all = { keys: 0, bytes: 0 }
      for (const { live } of segments.values()) {
        all.keys += live.keys
        all.bytes += live.bytes
      }
      return all
    },
    hashOf(key) {
      hash64(key, seeds.low, seeds.high, hash)
      return hash
    },
    entryOf(key) {
      hash64(key, seeds.low, seeds.high, hash)
      const bytes = find(key)
      return bytes === undefined || valueBytesAt(bytes, 0) === REMOVED ? undefined : bytes
    },
    settle(next) {
      position = next
      if (active !== null) bringToDisk(active.number, active.size)
    },
    addSegment() {
      const number = (active?.number ?? 0) + 1
      const segment = openSegment(folder.pathOf(number), number, seeds) as Segment // just made
      hold(segment)
      return segment
    },
    drop(gone) {
      let dropped = 0
      for (const segment of gone) {
        dropped += segment.live.keys
        segments.delete(segment.number)
        segment.unlink()
      }
      const [oldest] = segments.keys()
      if (gone.length > 0 && oldest !== undefined && keyIndex.dropBefore(oldest)) orLater(keepList)
      return dropped
    },
    close,
  }

  function close(): void {
    for (const segment of segments.values()) segment.close()
    keyIndex.close()
  }
}
