import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { createHashIndex, type HashIndex } from './hash-index.ts'
import type { RunHead } from './run.ts'
import { openRuns, type Runs, runName } from './runs.ts'
import { readYoung, writeYoung, type YoungHead, youngName } from './young-file.ts'

/** Finds the places of a key in a log by a hash of 64 bits, newest first: what was written last in memory, what came before on disk.
 *  Two keys may share a hash: who asks looks at the key that lies at the place. */
export type KeyIndex = {
  /** What lies on disk, to be written down and opened again. */
  readonly heads: IndexHeads
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
  /** Brings what lies in memory to the disk once it is much, and from time to time as it is; true when `heads` is another now, and
   *  stands for all that was entered. */
  save(): boolean
  /** Works on what lies on disk, in proportion to what was entered since; true when `heads` is another now. */
  tidy(counts: (segment: number) => boolean): boolean
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
  /** Entries between two copies of what lies in memory: so many are read again after a kill. */
  readonly copyEvery?: number | undefined
}

export type IndexHeads = {
  readonly runs: readonly RunHead[]
  /** null: nothing lies in memory, or no copy of it was made yet. */
  readonly young: YoungHead | null
}
/** The names of their files. */
export const filesOf = ({ runs, young }: IndexHeads): string[] => [
  ...runs.map(({ number }) => runName(number)),
  ...(young === null ? [] : [youngName(young.number)]),
]
export const NO_HEADS: IndexHeads = { runs: [], young: null }

/** Partitions fill at the same rate. Would they also be brought to the disk at the same moment, all of them would wait for all of them:
 *  a second of twelve where each takes 15 ms now and then. So each has its own mark, between this one and half of it. */
const spread = (most: number): number => Math.ceil(most * (1 - Math.random() / 2))

/** 2^17 slots filled as far as they may be, less what one batch adds: 2.1 MB. */
const ENTRIES_MAX = 87_000
/** An entry is merged once a level: with four there is time for three levels, 40,000,000 entries, and some to spare. */
const TIDY_PER_PUT = 4

/** A copy takes 3 ms, and what it spares is read in some 30. */
const COPY_EVERY = 24_000

/** null: what the heads name is not there, or not whole. Places in segments for which `counts` is false are forgotten. */
export function openKeyIndex(
  dir: string,
  heads: IndexHeads,
  counts: (segment: number) => boolean,
  options: KeyIndexOptions,
): KeyIndex | null {
  const words = heads.young === null ? new Uint32Array(0) : readYoung(dir, heads.young)
  const runs = words === null ? null : openRuns(dir, heads.runs, options.fanout)
  if (words === null || runs === null) return null
  const young = createHashIndex()
  young.restore(words, counts)
  return keyIndex(dir, young, runs, heads.young, options)
}

function keyIndex(dir: string, young: HashIndex, runs: Runs, copied: YoungHead | null, options: KeyIndexOptions): KeyIndex {
  const { entriesMax = spread(ENTRIES_MAX), copyEvery = spread(COPY_EVERY) } = options
  let copy = copied
  let lastNumber = copied?.number ?? 0
  /** Entered since the last copy. */
  let entered = 0
  /** Entered since the last work on what lies on disk. */
  let untidied = 0
  const replaced: YoungHead[] = []
  const replace = (next: YoungHead | null): void => {
    if (copy !== null) replaced.push(copy)
    copy = next
    entered = 0
  }
  /** Where what was found last lies in memory; -1: it does not. */
  let slot = -1

  return {
    get heads() {
      return { runs: runs.heads, young: copy }
    },
    mayHold: (low, high) => young.slotOf(low, high, -1) >= 0 || runs.mayHold(low, high),
    find(low, high, onPlace) {
      for (slot = young.slotOf(low, high, -1); slot >= 0; slot = young.slotOf(low, high, slot))
        if (onPlace(young.segment(slot), young.offset(slot))) return true
      return runs.find(low, high, onPlace)
    },
    add(low, high, segment, offset) {
      entered++
      untidied++
      young.add(low, high, segment, offset)
    },
    move(low, high, segment, offset) {
      entered++
      untidied++
      if (slot >= 0) young.move(slot, segment, offset)
      else young.add(low, high, segment, offset)
    },
    forget() {
      if (!runs.isEmpty) return false
      entered++
      if (slot >= 0) young.remove(slot)
      return true
    },
    save() {
      if (young.size >= entriesMax) {
        runs.add(young.sorted())
        young.clear()
        replace(null)
        return true
      }
      if (entered < copyEvery) return false
      replace(writeYoung(dir, ++lastNumber, young.parts()))
      return true
    },
    tidy(counts) {
      const work = untidied * TIDY_PER_PUT
      untidied = 0
      return runs.tidy(work, counts)
    },
    dropBefore(oldest) {
      young.removeBefore(oldest)
      return runs.dropBefore(oldest)
    },
    sweep() {
      runs.sweep()
      for (let one = replaced.pop(); one !== undefined; one = replaced.pop()) rmSync(join(dir, youngName(one.number)), { force: true })
    },
    close: runs.close,
  }
}
