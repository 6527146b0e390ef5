import { hash } from 'node:crypto'

/** An id of 128 bits. */
export type Key = readonly [number, number, number, number]

const FIRST_SLOTS = 4_096
const FULL = 0.7

/** Rows by id: the first id met is row 0, the next row 1. Ids lie in one flat array, 16 bytes each and some 6 more to find
 *  them, so that millions fit. */
export class IdTable {
  #words = new Uint32Array(FIRST_SLOTS * 4)
  /** Row + 1; 0 is free. */
  #slots = new Uint32Array(FIRST_SLOTS)
  #size = 0

  get size(): number {
    return this.#size
  }

  /** The row of an id, a new one when it was never met. */
  row(key: Key): number {
    const slot = this.#slotOf(key)
    const found = this.#slots[slot] ?? 0
    if (found > 0) return found - 1
    const row = this.#size++
    if (row * 4 + 4 > this.#words.length) {
      const words = new Uint32Array(this.#words.length * 2)
      words.set(this.#words)
      this.#words = words
    }
    this.#words.set(key, row * 4)
    this.#slots[slot] = row + 1
    if (this.#size > this.#slots.length * FULL) this.#rehash()
    return row
  }

  /** -1 when it was never met. */
  find(key: Key): number {
    return (this.#slots[this.#slotOf(key)] ?? 0) - 1
  }

  key(row: number): Key {
    const word = (index: number): number => this.#words[row * 4 + index] ?? 0
    return [word(0), word(1), word(2), word(3)]
  }

  #slotOf(key: Key): number {
    const mask = this.#slots.length - 1
    for (let slot = mix(key) & mask; ; slot = (slot + 1) & mask) {
      const row = (this.#slots[slot] ?? 0) - 1
      if (row < 0 || this.#is(row, key)) return slot
    }
  }

  #is(row: number, [a, b, c, d]: Key): boolean {
    const at = row * 4
    const words = this.#words
    return words[at] === a && words[at + 1] === b && words[at + 2] === c && words[at + 3] === d
  }

  #rehash(): void {
    this.#slots = new Uint32Array(this.#slots.length * 2)
    for (let row = 0; row < this.#size; row++) this.#slots[this.#slotOf(this.key(row))] = row + 1
  }
}

/** Spreads ids that differ in a few bits alone, as row numbers do (the finalizer of murmur3). */
function mix([a, b, c, d]: Key): number {
  let h = Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca6b) ^ Math.imul(c, 0xc2b2ae35) ^ Math.imul(d, 0x27d4eb2f)
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
export const isUuid = (text: string): boolean => UUID.test(text)

/** What is no UUID has no key that `uuidOf` could show, so ask `isUuid` of foreign text first. */
export function uuidKey(uuid: string): Key {
  const word = (hex: string): number => Number.parseInt(hex, 16) >>> 0
  return [
    word(uuid.slice(0, 8)),
    word(uuid.slice(9, 13) + uuid.slice(14, 18)),
    word(uuid.slice(19, 23) + uuid.slice(24, 28)),
    word(uuid.slice(28, 36)),
  ]
}

export function uuidOf(key: Key): string {
  const hex = key.map((word) => word.toString(16).padStart(8, '0')).join('')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

/** When a UUIDv7 was made, epoch milliseconds. */
export const madeAtMs = ([high, low]: Key): number => high * 65_536 + (low >>> 16)

/** The key of any text: two of 10^9 meet by chance with a probability below 10^-20. */
export function textKey(text: string): Key {
  const digest = hash('sha256', text, 'buffer')
  return [digest.readUInt32LE(0), digest.readUInt32LE(4), digest.readUInt32LE(8), digest.readUInt32LE(12)]
}
