import { createHashIndex } from './hash-index.ts'
import type { RunHead } from './run.ts'
import { openRuns, type Runs } from './runs.ts'

/** Finds the places of a key in a log by a hash of 64 bits, newest first: what was written last in memory, what came before on disk.
 *  Two keys may share a hash: who asks looks at the key that lies at the place. */
export type KeyIndex = {
  /** What lies on disk, to be written down and opened again. */
  readonly heads: readonly RunHead[]
  /** false: no key has this hash. */
  mayHold(low: number, high: number): boolean
  /** Hands over each place with this hash, newest first, until `onPlace` answers true. */
  find(low: number, high: number, onPlace: (segment: number, offset: number) => boolean): boolean
  /** A key that is not in it. */
  add(low: number, high: number, segment: number, offset: number): void
  /** The key that was found last lies here now. */
  move(low: number, high: number, segment: number, offset: number): void
  /** The key that was found last has no value any more. True: nothing finds it now. False: an older place of it may lie on disk, so it
   *  must `move` to the place that says that it was removed. */
  forget(): boolean
  /** What lies in memory is much enough for a run. */
  readonly isFull: boolean
  /** Makes a run of what lies in memory. */
  flush(): void
  /** Works on what lies on disk, in proportion to what was put; true when `heads` is another now. */
  tidy(put: number, counts: (segment: number) => boolean): boolean
  /** Segments before `oldest` are gone; true when `heads` is another now. */
  dropBefore(oldest: number): boolean
  /** Takes the files away that `heads` names no more. */
  sweep(): void
  close(): void
}

export type KeyIndexOptions = {
  /** Entries that lie in memory. */
  readonly entriesMax?: number | undefined
  /** Runs of one level that become one of the next. */
  readonly fanout?: number | undefined
}

/** 2^17 slots filled as far as they may be, less what one batch adds: 1.8 MB. */
const ENTRIES_MAX = 87_000
/** An entry is merged once a level: with four there is time for three levels, 40,000,000 entries, and some to spare. */
const TIDY_PER_PUT = 4

/** null: what the heads name is not there, or not whole. */
export function openKeyIndex(dir: string, heads: readonly RunHead[], options: KeyIndexOptions): KeyIndex | null {
  const { entriesMax = ENTRIES_MAX, fanout } = options
  const runs = openRuns(dir, heads, fanout)
  return runs === null ? null : keyIndex(runs, entriesMax)
}

function keyIndex(runs: Runs, entriesMax: number): KeyIndex {
  const young = createHashIndex()
  /** Where what was found last lies in memory; -1: it does not. */
  let slot = -1

  return {
    get heads() {
      return runs.heads
    },
    mayHold: (low, high) => young.slotOf(low, high, -1) >= 0 || runs.mayHold(low, high),
    find(low, high, onPlace) {
      for (slot = young.slotOf(low, high, -1); slot >= 0; slot = young.slotOf(low, high, slot))
        if (onPlace(young.segment(slot), young.offset(slot))) return true
      return runs.find(low, high, onPlace)
    },
    add: young.add,
    move(low, high, segment, offset) {
      if (slot >= 0) young.move(slot, segment, offset)
      else young.add(low, high, segment, offset)
    },
    forget() {
      if (!runs.isEmpty) return false
      if (slot >= 0) young.remove(slot)
      return true
    },
    get isFull() {
      return young.size >= entriesMax
    },
    flush() {
      runs.add(young.sorted())
      young.clear()
    },
    tidy: (put, counts) => runs.tidy(put * TIDY_PER_PUT, counts),
    dropBefore(oldest) {
      young.removeBefore(oldest)
      return runs.dropBefore(oldest)
    },
    sweep: runs.sweep,
    close: runs.close,
  }
}
