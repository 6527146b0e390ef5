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
/** An entry is merged once a level: with four there is time for three levels, 22,000,000 to 44,000,000 entries, and some to spare. */
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
  return new YoungAndRuns(dir, young, runs, heads.young, options)
}

class YoungAndRuns implements KeyIndex {
  readonly #dir: string
  readonly #young: HashIndex
  readonly #runs: Runs
  readonly #entriesMax: number
  readonly #copyEvery: number
  #copy: YoungHead | null
  #lastNumber: number
  /** Entered since the last copy. */
  #entered = 0
  /** Entered since the last work on what lies on disk. */
  #untidied = 0
  readonly #replaced: YoungHead[] = []
  /** Where what was found last lies in memory; -1: it does not. */
  #slot = -1

  constructor(dir: string, young: HashIndex, runs: Runs, copied: YoungHead | null, options: KeyIndexOptions) {
    this.#dir = dir
    this.#young = young
    this.#runs = runs
    this.#entriesMax = options.entriesMax ?? spread(ENTRIES_MAX)
    this.#copyEvery = options.copyEvery ?? spread(COPY_EVERY)
    this.#copy = copied
    this.#lastNumber = copied?.number ?? 0
  }

  get heads(): IndexHeads {
    return { runs: this.#runs.heads, young: this.#copy }
  }

  mayHold(low: number, high: number): boolean {
    return this.#young.slotOf(low, high, -1) >= 0 || this.#runs.mayHold(low, high)
  }

  find(low: number, high: number, onPlace: (segment: number, offset: number) => boolean): boolean {
    const young = this.#young
    let slot = young.slotOf(low, high, -1)
    while (slot >= 0 && !onPlace(young.segment(slot), young.offset(slot))) slot = young.slotOf(low, high, slot)
    this.#slot = slot
    return slot >= 0 || this.#runs.find(low, high, onPlace)
  }

  add(low: number, high: number, segment: number, offset: number): void {
    this.#note()
    this.#young.add(low, high, segment, offset)
  }

  move(low: number, high: number, segment: number, offset: number): void {
    this.#note()
    if (this.#slot >= 0) this.#young.move(this.#slot, segment, offset)
    else this.#young.add(low, high, segment, offset)
  }

  forget(): boolean {
    if (!this.#runs.isEmpty) return false
    this.#entered++
    if (this.#slot >= 0) this.#young.remove(this.#slot)
    return true
  }

  save(): boolean {
    if (this.#young.size >= this.#entriesMax) {
      this.#runs.add(this.#young.sorted())
      this.#young.clear()
      this.#replace(null)
      return true
    }
    if (this.#entered < this.#copyEvery) return false
    this.#replace(writeYoung(this.#dir, ++this.#lastNumber, this.#young.parts()))
    return true
  }

  tidy(counts: (segment: number) => boolean): boolean {
    const work = this.#untidied * TIDY_PER_PUT
    this.#untidied = 0
    return this.#runs.tidy(work, counts)
  }

  dropBefore(oldest: number): boolean {
    this.#young.removeBefore(oldest)
    return this.#runs.dropBefore(oldest)
  }

  sweep(): void {
    this.#runs.sweep()
    for (let one = this.#replaced.pop(); one !== undefined; one = this.#replaced.pop())
      rmSync(join(this.#dir, youngName(one.number)), { force: true })
  }

  close(): void {
    this.#runs.close()
  }

  #note(): void {
    this.#entered++
    this.#untidied++
  }

  #replace(next: YoungHead | null): void {
    if (this.#copy !== null) this.#replaced.push(this.#copy)
    this.#copy = next
    this.#entered = 0
  }
}
