const FIRST_CAPACITY = 1_024
/** Linear probing stays near one step up to here. */
const LOAD_MAX = 0.7
const EMPTY = 0
/** 32 MiB. A frame of the greatest size has fewer entries. */
const CAPACITY_MAX = 2 ** 21

/** Finds places in a log by a hash of 64 bits: open addressing in typed arrays, 16 bytes a slot, so 23 to 46 bytes of memory an
 *  entry and nothing for the garbage collector to walk. Two keys may share a hash: who asks compares the key that lies at the place. */
export type HashIndex = {
  readonly size: number
  /** The first slot of this hash behind `after` (-1: the first of all); -1: there is none. */
  slotOf(low: number, high: number, after: number): number
  segment(slot: number): number
  offset(slot: number): number
  /** `segment` from 1, both below 2^32. */
  add(low: number, high: number, segment: number, offset: number): void
  move(slot: number, segment: number, offset: number): void
  remove(slot: number): void
  /** Takes away what lies in segments before this one. */
  removeBefore(segment: number): void
  /** The slots as they lie in memory: `low`, `high`, `offset` and `segment` of each. */
  parts(): readonly Uint32Array[]
  /** Takes such slots, one part behind the other, into one that is empty, and keeps `words`; those of segments for which `counts` is false
   *  are left out. Where a hash lies among them is a format of the disk: who changes it raises the version of the manifest. */
  restore(words: Uint32Array, counts: (segment: number) => boolean): void
  /** All entries in the order of `low`, four words each: low, high, segment, offset. */
  sorted(): Uint32Array
  /** What was filled will be filled again, so the memory stays. */
  clear(): void
}

type Slots = { readonly low: Uint32Array; readonly high: Uint32Array; readonly offset: Uint32Array; readonly segment: Uint32Array }

const slots = (capacity: number): Slots => ({
  low: new Uint32Array(capacity),
  high: new Uint32Array(capacity),
  offset: new Uint32Array(capacity),
  segment: new Uint32Array(capacity),
})

export const createHashIndex = (): HashIndex => new Slotted()

class Slotted implements HashIndex {
  #slots = slots(FIRST_CAPACITY)
  #mask = FIRST_CAPACITY - 1
  #size = 0

  get size(): number {
    return this.#size
  }

  slotOf(lo: number, hi: number, after: number): number {
    const { low, high, segment } = this.#slots
    const mask = this.#mask
    for (let slot = after < 0 ? lo & mask : (after + 1) & mask; segment[slot] !== EMPTY; slot = (slot + 1) & mask)
      if (low[slot] === lo && high[slot] === hi) return slot
    return -1
  }

  segment(slot: number): number {
    return this.#slots.segment[slot] as number // within the array, as are the others
  }

  offset(slot: number): number {
    return this.#slots.offset[slot] as number
  }

  add(lo: number, hi: number, seg: number, off: number): void {
    if (this.#size + 1 > (this.#mask + 1) * LOAD_MAX) this.#rehash((this.#mask + 1) * 2, 0)
    this.#place(lo, hi, seg, off)
  }

  move(slot: number, seg: number, off: number): void {
    this.#slots.segment[slot] = seg
    this.#slots.offset[slot] = off
  }

  remove(slot: number): void {
    const { low, high, offset, segment } = this.#slots
    const mask = this.#mask
    // What follows in its run moves up, so that no mark of a removal is needed (Knuth, vol. 3, 6.4, algorithm R).
    let hole = slot
    for (let next = (hole + 1) & mask; segment[next] !== EMPTY; next = (next + 1) & mask) {
      const home = (low[next] as number) & mask
      if (((next - home) & mask) < ((next - hole) & mask)) continue
      low[hole] = low[next] as number
      high[hole] = high[next] as number
      offset[hole] = offset[next] as number
      segment[hole] = segment[next] as number
      hole = next
    }
    segment[hole] = EMPTY
    this.#size--
  }

  removeBefore(segment: number): void {
    this.#rehash(this.#mask + 1, segment)
  }

  parts(): readonly Uint32Array[] {
    const { low, high, offset, segment } = this.#slots
    return [low, high, offset, segment]
  }

  restore(words: Uint32Array, counts: (segment: number) => boolean): void {
    const capacity = words.length / 4
    const part = (n: number): Uint32Array => words.subarray(n * capacity, (n + 1) * capacity)
    const [low, high, offset, segment] = [part(0), part(1), part(2), part(3)]
    let filled = 0
    let isAllKept = capacity >= FIRST_CAPACITY && Number.isInteger(Math.log2(capacity))
    for (let slot = 0, last = EMPTY; slot < capacity && isAllKept; slot++) {
      const seg = segment[slot] as number
      if (seg === EMPTY) continue
      filled++
      if (seg !== last) isAllKept = counts(seg)
      last = seg
    }
    if (isAllKept) {
      // They lie where they would be put.
      this.#slots = { low, high, offset, segment }
      this.#mask = capacity - 1
      this.#size = filled
      return
    }
    for (let slot = 0; slot < capacity; slot++) {
      const seg = segment[slot] as number
      if (seg !== EMPTY && counts(seg)) this.add(low[slot] as number, high[slot] as number, seg, offset[slot] as number)
    }
  }

  sorted(): Uint32Array {
    const { low, high, offset, segment } = this.#slots
    // Hashes are spread evenly, so a bucket for each entry holds about one: what is left to sort are neighbours. A quarter of a sort.
    const shift = Math.min(31, Math.clz32(this.#size))
    const ends = new Uint32Array((0xffffffff >>> shift) + 2)
    for (let slot = 0; slot <= this.#mask; slot++) if (segment[slot] !== EMPTY) count(ends, ((low[slot] as number) >>> shift) + 1)
    for (let bucket = 1; bucket < ends.length; bucket++) ends[bucket] = (ends[bucket] as number) + (ends[bucket - 1] as number)
    const entries = new Uint32Array(this.#size * 4)
    for (let slot = 0; slot <= this.#mask; slot++) {
      if (segment[slot] === EMPTY) continue
      const bucket = (low[slot] as number) >>> shift
      const at = ends[bucket] as number
      ends[bucket] = at + 1
      put(entries, at, low[slot] as number, high[slot] as number, segment[slot] as number, offset[slot] as number)
    }
    sortNeighbours(entries)
    return entries
  }

  clear(): void {
    this.#slots.segment.fill(EMPTY)
    this.#size = 0
  }

  #place(lo: number, hi: number, seg: number, off: number): void {
    const { low, high, offset, segment } = this.#slots
    let slot = lo & this.#mask
    while (segment[slot] !== EMPTY) slot = (slot + 1) & this.#mask
    low[slot] = lo
    high[slot] = hi
    offset[slot] = off
    segment[slot] = seg
    this.#size++
  }

  /** Moves everything that lies in segments from `oldest` on into arrays of that size. */
  #rehash(capacity: number, oldest: number): void {
    if (capacity > CAPACITY_MAX) throw new Error(`an index in memory holds at most ${CAPACITY_MAX * LOAD_MAX} entries`)
    const old = this.#slots
    this.#slots = slots(capacity)
    this.#mask = capacity - 1
    this.#size = 0
    for (let slot = 0; slot < old.segment.length; slot++) {
      const seg = old.segment[slot] as number
      if (seg !== EMPTY && seg >= oldest) this.#place(old.low[slot] as number, old.high[slot] as number, seg, old.offset[slot] as number)
    }
  }
}

const count = (counts: Uint32Array, at: number): void => {
  counts[at] = (counts[at] as number) + 1
}

function put(entries: Uint32Array, at: number, lo: number, hi: number, seg: number, off: number): void {
  entries[at * 4] = lo
  entries[at * 4 + 1] = hi
  entries[at * 4 + 2] = seg
  entries[at * 4 + 3] = off
}

/** Each entry goes before those that are greater: a step or two where they lie nearly in order. */
function sortNeighbours(entries: Uint32Array): void {
  for (let at = 1; at < entries.length / 4; at++) {
    const lo = entries[at * 4] as number
    if ((entries[at * 4 - 4] as number) <= lo) continue
    const [hi, seg, off] = [entries[at * 4 + 1] as number, entries[at * 4 + 2] as number, entries[at * 4 + 3] as number]
    let to = at
    for (; to > 0 && (entries[to * 4 - 4] as number) > lo; to--) entries.copyWithin(to * 4, to * 4 - 4, to * 4)
    put(entries, to, lo, hi, seg, off)
  }
}

/** Two lanes of murmur3's mixing in one pass, each with a seed of its own: `low` and `high` of the hash. Not cryptographic: the
 *  seed differs from store to store, so that keys made to collide in one are spread in another. */
export function hash64(bytes: Uint8Array, seedLow: number, seedHigh: number, into: { low: number; high: number }): void {
  const { length } = bytes
  let a = seedLow ^ length
  let b = seedHigh ^ length
  let at = 0
  for (; at + 4 <= length; at += 4) {
    // Within the array by the condition of the loop; `as` costs nothing where a check would.
    const word =
      (bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16) | ((bytes[at + 3] as number) << 24)
    a = mix(a, word, 0xcc9e2d51, 0x1b873593)
    b = mix(b, word, 0x239b961b, 0xab0e9789)
  }
  let rest = 0
  for (let shift = 0; at < length; at++, shift += 8) rest |= (bytes[at] as number) << shift
  into.low = finish(mix(a, rest, 0xcc9e2d51, 0x1b873593))
  into.high = finish(mix(b, rest, 0x239b961b, 0xab0e9789))
}

function mix(h: number, word: number, c1: number, c2: number): number {
  let k = Math.imul(word, c1)
  k = (k << 15) | (k >>> 17)
  k = Math.imul(k, c2)
  const x = h ^ k
  return (Math.imul((x << 13) | (x >>> 19), 5) + 0xe6546b64) | 0
}

function finish(h: number): number {
  let x = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35)
  return (x ^ (x >>> 16)) >>> 0
}
