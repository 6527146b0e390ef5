import { closeSync, fstatSync, openSync, unlinkSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import { type Filter, filterFor, filterOf } from './filter.ts'
import { bytesOf, readWords, writeWords } from './words.ts'

/** A part of the index on disk, in the order of the hashes: entries of four words (low and high of the hash, segment, offset), then
 *  the words of its filter, then, for every stretch of `low` of the same width, the first entry in it. */
export type Run = RunHead & {
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
export function createRun(path: string, head: Pick<RunHead, 'number' | 'level'>, entriesMax: number): RunWriter {
  const fd = openSync(path, 'w+', 0o600)
  const filter = filterFor(entriesMax)
  const stretchBits = Math.max(0, Math.ceil(Math.log2(entriesMax / ENTRIES_A_STRETCH)))
  const stretches = new Uint32Array(2 ** stretchBits + 1)
  const window = new Uint32Array(WINDOW_ENTRIES * ENTRY_WORDS)
  let filled = 0
  let entries = 0
  let begun = 0
  let bytes = 0
  let newestSegment = 0

  const write = (words: Uint32Array): void => {
    bytes = writeWords(fd, words, bytes)
  }
  const flush = (): void => {
    write(window.subarray(0, filled))
    filled = 0
  }
  return {
    add(low, high, segment, offset) {
      for (const stretch = stretchOf(low, stretchBits); begun <= stretch; begun++) stretches[begun] = entries
      window[filled] = low
      window[filled + 1] = high
      window[filled + 2] = segment
      window[filled + 3] = offset
      filled += ENTRY_WORDS
      entries++
      filter.add(low, high)
      if (segment > newestSegment) newestSegment = segment
      if (filled === window.length) flush()
    },
    finish() {
      for (; begun < stretches.length; begun++) stretches[begun] = entries
      flush()
      write(filter.words)
      write(stretches)
      const checksum = crc32(bytesOf(stretches), crc32(bytesOf(filter.words)))
      return runOf(
        fd,
        path,
        { ...head, entries, newestSegment, checksum, stretchBits, filterWords: filter.words.length },
        filter,
        stretches,
      )
    },
    abandon() {
      closeSync(fd)
      unlinkSync(path)
    },
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
  if (isWhole) return runOf(fd, path, head, filterOf(filter), stretches)
  closeSync(fd)
  return null
}

/** What a search reads into: it has the places before it hands the first one over. */
let searched = new Uint32Array(4 * ENTRIES_A_STRETCH * ENTRY_WORDS)

function runOf(fd: number, path: string, head: RunHead, filter: Filter, stretches: Uint32Array): Run {
  const read = (into: Uint32Array, from: number, count: number): void => {
    if (!readWords(fd, into.subarray(0, count * ENTRY_WORDS), from * ENTRY_BYTES)) throw new Error(`${path} has become shorter`)
  }
  return {
    ...head,
    filter,
    find(low, high, onPlace) {
      const stretch = stretchOf(low, head.stretchBits)
      const from = stretches[stretch] as number // one more than there are stretches
      const count = (stretches[stretch + 1] as number) - from
      if (count === 0) return false
      if (searched.length < count * ENTRY_WORDS) searched = new Uint32Array(count * ENTRY_WORDS)
      read(searched, from, count)
      const places: { segment: number; offset: number }[] = []
      for (let at = 0; at < count * ENTRY_WORDS; at += ENTRY_WORDS)
        if (searched[at] === low && searched[at + 1] === high)
          places.push({ segment: searched[at + 2] as number, offset: searched[at + 3] as number })
      if (places.length > 1) places.sort((a, b) => b.segment - a.segment || b.offset - a.offset)
      return places.some(({ segment, offset }) => onPlace(segment, offset))
    },
    read(into, from) {
      const count = Math.min(into.length / ENTRY_WORDS, head.entries - from)
      read(into, from, count)
      return count
    },
    close: () => closeSync(fd),
    unlink() {
      closeSync(fd)
      unlinkSync(path)
    },
  }
}

const stretchOf = (low: number, bits: number): number => (bits === 0 ? 0 : low >>> (32 - bits))
