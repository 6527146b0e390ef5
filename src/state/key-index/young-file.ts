import { closeSync, fstatSync, openSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { bytesOf, readWords, writeWords } from './words.ts'

/** What an index has in memory, as it lay there at some moment. */
export type YoungHead = {
  readonly number: number
  readonly words: number
  /** CRC-32 of the words. */
  readonly checksum: number
}

export const youngName = (number: number): string => `${String(number).padStart(8, '0')}.young`

/** Leaves no file behind when it fails. */
export function writeYoung(dir: string, number: number, parts: readonly Uint32Array[]): YoungHead {
  const path = join(dir, youngName(number))
  const fd = openSync(path, 'w', 0o600)
  let words = 0
  let checksum = 0
  try {
    for (const part of parts) {
      writeWords(fd, part, words * Uint32Array.BYTES_PER_ELEMENT)
      checksum = crc32(bytesOf(part), checksum)
      words += part.length
    }
  } catch (error) {
    rmSync(path, { force: true })
    throw error
  } finally {
    closeSync(fd)
  }
  return { number, words, checksum }
}

/** null: what lies there is not what this head names. */
export function readYoung(dir: string, { number, words, checksum }: YoungHead): Uint32Array | null {
  let fd: number
  try {
    fd = openSync(join(dir, youngName(number)), 'r')
  } catch {
    return null
  }
  try {
    if (fstatSync(fd).size !== words * Uint32Array.BYTES_PER_ELEMENT) return null
    const read = new Uint32Array(words)
    return readWords(fd, read, 0) && crc32(bytesOf(read)) === checksum ? read : null
  } finally {
    closeSync(fd)
  }
}
