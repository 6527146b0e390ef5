import { writeUtf8 } from './ascii.ts'

/** The UTF-8 of a text as hashes take it in: `length` bytes, and the same as little-endian words, four bytes each. */
export type TextBytes = { readonly bytes: Buffer; readonly words: Int32Array; length: number }

const FIRST_BYTES = 1_024

function ofLength(bytes: number): TextBytes {
  const memory = new ArrayBuffer(bytes)
  return { bytes: Buffer.from(memory), words: new Int32Array(memory), length: 0 }
}
let scratch = ofLength(FIRST_BYTES)

/** In a memory that the next call writes over. */
export function textBytes(text: string): TextBytes {
  if (text.length * 3 > scratch.bytes.length) scratch = ofLength(text.length * 4)
  scratch.length = writeUtf8(scratch.bytes, text)
  return scratch
}
