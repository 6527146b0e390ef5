import { readSync, writeSync } from 'node:fs'

export const bytesOf = (words: Uint32Array): Uint8Array => new Uint8Array(words.buffer, words.byteOffset, words.byteLength)

/** All of them, at this place of the file; answers where they end. */
export function writeWords(fd: number, words: Uint32Array, position: number): number {
  const bytes = bytesOf(words)
  for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at, bytes.length - at, position + at)
  return position + bytes.length
}

/** Fills `into` from this place of the file; false: the file ends before. */
export function readWords(fd: number, into: Uint32Array, position: number): boolean {
  const bytes = bytesOf(into)
  for (let at = 0; at < bytes.length; ) {
    const got = readSync(fd, bytes, at, bytes.length - at, position + at)
    if (got === 0) return false
    at += got
  }
  return true
}
