import { writeUtf8 } from './ascii.ts'

/** 128 bits, as four unsigned 32-bit numbers that the next call overwrites. */
export type Words = readonly [number, number, number, number]

const FIRST_SCRATCH_BYTES = 1_024
let scratch = Buffer.allocUnsafe(FIRST_SCRATCH_BYTES)
const words: [number, number, number, number] = [0, 0, 0, 0]

/** MurmurHash3_x86_128 of the text's UTF-8 with seed 0 (https://github.com/aappleby/smhasher, MurmurHash3.cpp). It spreads as well as
 *  a cryptographic hash where nobody gains by a collision, at a tenth of the price: no call into C++, no buffer of its own. */
export function textHash(text: string): Words {
  if (text.length * 3 > scratch.length) scratch = Buffer.allocUnsafe(text.length * 3)
  const length = writeUtf8(scratch, text)
  let [a, b, c, d] = [0, 0, 0, 0]
  let at = 0
  for (; at + 16 <= length; at += 16) {
    a = (Math.imul(turn(a ^ mixA(word(at)), 19) + b, 5) + 0x561ccd1b) | 0
    b = (Math.imul(turn(b ^ mixB(word(at + 4)), 17) + c, 5) + 0x0bcaa747) | 0
    c = (Math.imul(turn(c ^ mixC(word(at + 8)), 15) + d, 5) + 0x96cd1c35) | 0
    d = (Math.imul(turn(d ^ mixD(word(at + 12)), 13) + a, 5) + 0x32ac3b17) | 0
  }
  const rest = length - at
  if (rest > 12) d ^= mixD(lastWord(at + 12, length))
  if (rest > 8) c ^= mixC(lastWord(at + 8, length))
  if (rest > 4) b ^= mixB(lastWord(at + 4, length))
  if (rest > 0) a ^= mixA(lastWord(at, length))
  a ^= length
  b ^= length
  c ^= length
  d ^= length
  a = (a + b + c + d) | 0
  b = (b + a) | 0
  c = (c + a) | 0
  d = (d + a) | 0
  a = finish(a)
  b = finish(b)
  c = finish(c)
  d = finish(d)
  a = (a + b + c + d) | 0
  words[0] = a >>> 0
  words[1] = (b + a) >>> 0
  words[2] = (c + a) >>> 0
  words[3] = (d + a) >>> 0
  return words
}

const C1 = 0x239b961b
const C2 = 0xab0e9789
const C3 = 0x38b34ae5
const C4 = 0xa1e38b93
const turn = (x: number, by: number): number => (x << by) | (x >>> (32 - by))
const mixA = (k: number): number => Math.imul(turn(Math.imul(k, C1), 15), C2)
const mixB = (k: number): number => Math.imul(turn(Math.imul(k, C2), 16), C3)
const mixC = (k: number): number => Math.imul(turn(Math.imul(k, C3), 17), C4)
const mixD = (k: number): number => Math.imul(turn(Math.imul(k, C4), 18), C1)

const byte = (at: number): number => scratch[at] as number // within the array: `length` bytes were written
const word = (at: number): number => byte(at) | (byte(at + 1) << 8) | (byte(at + 2) << 16) | (byte(at + 3) << 24)
/** Of one to four bytes. */
function lastWord(at: number, end: number): number {
  let k = 0
  for (let i = Math.min(at + 4, end) - 1; i >= at; i--) k = (k << 8) | byte(i)
  return k
}

function finish(h: number): number {
  let x = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35)
  return x ^ (x >>> 16)
}
