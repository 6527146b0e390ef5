import { textBytes } from './text-bytes.ts'

/** 128 bits, as four unsigned 32-bit numbers that the next call overwrites. */
export type Words = readonly [number, number, number, number]

const hash: [number, number, number, number] = [0, 0, 0, 0]

/** MurmurHash3_x86_128 of the text's UTF-8 with seed 0 (https://github.com/aappleby/smhasher, MurmurHash3.cpp). It spreads as well as
 *  a cryptographic hash where nobody gains by a collision, at a tenth of the price: no call into C++, no buffer of its own. */
export function textHash(text: string): Words {
  const { bytes, words, length } = textBytes(text)
  let [a, b, c, d] = [0, 0, 0, 0]
  let at = 0
  for (; at + 16 <= length; at += 16) {
    const word = at >> 2
    a = (Math.imul(turn(a ^ mixA(words[word] as number), 19) + b, 5) + 0x561ccd1b) | 0 // within the array: that many bytes were written
    b = (Math.imul(turn(b ^ mixB(words[word + 1] as number), 17) + c, 5) + 0x0bcaa747) | 0
    c = (Math.imul(turn(c ^ mixC(words[word + 2] as number), 15) + d, 5) + 0x96cd1c35) | 0
    d = (Math.imul(turn(d ^ mixD(words[word + 3] as number), 13) + a, 5) + 0x32ac3b17) | 0
  }
  const rest = length - at
  if (rest > 12) d ^= mixD(lastWord(bytes, at + 12, length))
  if (rest > 8) c ^= mixC(lastWord(bytes, at + 8, length))
  if (rest > 4) b ^= mixB(lastWord(bytes, at + 4, length))
  if (rest > 0) a ^= mixA(lastWord(bytes, at, length))
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
  hash[0] = a >>> 0
  hash[1] = (b + a) >>> 0
  hash[2] = (c + a) >>> 0
  hash[3] = (d + a) >>> 0
  return hash
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

/** Of one to four bytes. */
function lastWord(bytes: Buffer, at: number, end: number): number {
  let k = 0
  for (let i = Math.min(at + 4, end) - 1; i >= at; i--) k = (k << 8) | (bytes[i] as number)
  return k
}

function finish(h: number): number {
  let x = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35)
  return x ^ (x >>> 16)
}
