import { closeSync, fstatSync, openSync, unlinkSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import { type Filter, filterFor, filterOf } from './filter.ts'
import { bytesOf, readWords, writeWords } from './words.ts'

/** A part of the index on disk, in the order of the hashes: entries of four words (low and high of the hash, segment, offset), then
 *  the words of its filter, then, for every stretch of `low` of the same width, the first entry in it. */
export type Run = {
  readonly head: RunHead
  readonly filter: Filter
  /** Hands over each place with this hash, newest first, until `onPlace` answers true. */
  find(low: number, high: number, onPlace: (segment: number, offset: number) => boolean): boolean
  /** The entries from `from` on, as many as `into` has room for; answers how many. */
  read(into: Uint32Array, from: number): number
  close(): void
  unlink(): void
}

export type RunHead = {
  readonly number: number
  /** How often its entries were merged. */
  readonly level: number
  readonly entries: number
  /** The newest segment it names. */
  readonly newestSegment: number
  /** CRC-32 of filter and stretches. */
  readonly checksum: number
  /** Stretches are 2^32 >> stretchBits wide. */
  readonly stretchBits: number
  readonly filterWords: number
}

export type RunWriter = {
  add(low: number, high: number, segment: number, offset: number): void
  finish(): Run
  /** Leaves nothing behind. */
  abandon(): void
}

export const ENTRY_WORDS = 4
const WORD_BYTES = 4
const ENTRY_BYTES = ENTRY_WORDS * WORD_BYTES
/** What a search reads is nearly always one stretch: a kilobyte. */
const ENTRIES_A_STRETCH = 64
const WINDOW_ENTRIES = 8_192

/** A run for at most `entriesMax` entries, which come in the order of `low`. */
export const createRun = (path: string, head: Pick<RunHead, 'number' | 'level'>, entriesMax: number): RunWriter =>
  new Writer(path, head, entriesMax)

class Writer implements RunWriter {
  readonly #path: string
  readonly #fd: number
  readonly #head: Pick<RunHead, 'number' | 'level'>
  readonly #filter: Filter
  readonly #stretchBits: number
  readonly #stretches: Uint32Array
  readonly #window = new Uint32Array(WINDOW_ENTRIES * ENTRY_WORDS)
  #filled = 0
  #entries = 0
  #begun = 0
  #bytes = 0
  #newestSegment = 0

  constructor(path: string, head: Pick<RunHead, 'number' | 'level'>, entriesMax: number) {
    this.#path = path
    this.#head = head
    this.#fd = openSync(path, 'w+', 0o600)
    this.#filter = filterFor(entriesMax)
    this.#stretchBits = Math.max(0, Math.ceil(Math.log2(entriesMax / ENTRIES_A_STRETCH)))
    this.#stretches = new Uint32Array(2 ** this.#stretchBits + 1)
  }

  add(low: number, high: number, segment: number, offset: number): void {
    this.#beginStretches(stretchOf(low, this.#stretchBits) + 1)
    const window = this.#window
    const at = this.#filled
    window[at] = low
    window[at + 1] = high
    window[at + 2] = segment
    window[at + 3] = offset
    this.#filled = at + ENTRY_WORDS
    this.#entries++
    this.#filter.add(low, high)
    if (segment > this.#newestSegment) this.#newestSegment = segment
    if (this.#filled === window.length) this.#flush()
  }

  finish(): Run {
    const [filter, stretches] = [this.#filter, this.#stretches]
    this.#beginStretches(stretches.length)
    this.#flush()
    this.#write(filter.words)
    this.#write(stretches)
    const head = {
      ...this.#head,
      entries: this.#entries,
      newestSegment: this.#newestSegment,
      checksum: crc32(bytesOf(stretches), crc32(bytesOf(filter.words))),
      stretchBits: this.#stretchBits,
      filterWords: filter.words.length,
    }
    return new OpenRun(this.#fd, this.#path, head, filter, stretches)
  }

  abandon(): void {
    closeSync(this.#fd)
    unlinkSync(this.#path)
  }

  #beginStretches(end: number): void {
    for (; this.#begun < end; this.#begun++) this.#stretches[this.#begun] = this.#entries
  }

  #flush(): void {
    this.#write(this.#window.subarray(0, this.#filled))
    this.#filled = 0
  }

  #write(words: Uint32Array): void {
    this.#bytes = writeWords(this.#fd, words, this.#bytes)
  }
}

/** null: what lies there is not the run of this head, or not whole. */
export function openRun(path: string, head: RunHead): Run | null {
  let fd: number
  try {
    fd = openSync(path, 'r')
  } catch {
    return null
  }
  const from = head.entries * ENTRY_BYTES
  const isOfItsSize = fstatSync(fd).size === from + (head.filterWords + 2 ** head.stretchBits + 1) * WORD_BYTES
  const filter = new Uint32Array(isOfItsSize ? head.filterWords : 0)
  const stretches = new Uint32Array(isOfItsSize ? 2 ** head.stretchBits + 1 : 0)
  const isWhole =
    isOfItsSize &&
    readWords(fd, filter, from) &&
    readWords(fd, stretches, from + filter.byteLength) &&
    crc32(bytesOf(stretches), crc32(bytesOf(filter))) === head.checksum
  if (isWhole) return new OpenRun(fd, path, head, filterOf(filter), stretches)
  closeSync(fd)
  return null
}

/** What a search reads into: it has the places before it hands the first one over. */
let searched = new Uint32Array(4 * ENTRIES_A_STRETCH * ENTRY_WORDS)

class OpenRun implements Run {
  readonly head: RunHead
  readonly filter: Filter
  readonly #stretches: Uint32Array
  readonly #fd: number
  readonly #path: string

  constructor(fd: number, path: string, head: RunHead, filter: Filter, stretches: Uint32Array) {
    this.head = head
    this.filter = filter
    this.#stretches = stretches
    this.#fd = fd
    this.#path = path
  }

  find(low: number, high: number, onPlace: (segment: number, offset: number) => boolean): boolean {
    const stretch = stretchOf(low, this.head.stretchBits)
    const from = this.#stretches[stretch] as number // one more than there are stretches
    const count = (this.#stretches[stretch + 1] as number) - from
    if (count === 0) return false
    if (searched.length < count * ENTRY_WORDS) searched = new Uint32Array(count * ENTRY_WORDS)
    this.#read(searched, from, count)
    const places: { segment: number; offset: number }[] = []
    for (let at = 0; at < count * ENTRY_WORDS; at += ENTRY_WORDS)
      if (searched[at] === low && searched[at + 1] === high)
        places.push({ segment: searched[at + 2] as number, offset: searched[at + 3] as number })
    if (places.length > 1) places.sort((a, b) => b.segment - a.segment || b.offset - a.offset)
    return places.some(({ segment, offset }) => onPlace(segment, offset))
  }

  read(into: Uint32Array, from: number): number {
    const count = Math.min(into.length / ENTRY_WORDS, this.head.entries - from)
    this.#read(into, from, count)
    return count
  }

  close(): void {
    closeSync(this.#fd)
  }

  unlink(): void {
    this.close()
    unlinkSync(this.#path)
  }

  #read(into: Uint32Array, from: number, count: number): void {
    const isThere = readWords(this.#fd, into.subarray(0, count * ENTRY_WORDS), from * ENTRY_BYTES)
    if (!isThere) throw new Error(`${this.#path} has become shorter`)
  }
}

const stretchOf = (low: number, bits: number): number => (bits === 0 ? 0 : low >>> (32 - bits))
