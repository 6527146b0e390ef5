import { closeSync, fstatSync, openSync, readSync } from 'node:fs'

const TAIL_BYTES = 64 * 1024
const WORDS_MAX = 300
/** Frames, and what Node prints of an error's own fields and after it. */
const STACK = /^\s+at |^\s*\.{3} \d+ more|^ {2}\w+: |^\s*[{}\]]+,?\s*$|^Node\.js v/

/** The last line of a log that says something; empty when there is none. */
export const lastWords = (file: string): string => tellingLine(tail(file))

/** Frames of a stack say where, not what; of a JSON line only the message and the error are told. */
export function tellingLine(text: string): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !STACK.test(line))
  return told(lines.at(-1) ?? '')
    .replaceAll(/\s+/g, ' ')
    .slice(0, WORDS_MAX)
}

function told(line: string): string {
  if (!line.startsWith('{')) return line.trim()
  try {
    const { msg, error } = JSON.parse(line) as { msg?: unknown; error?: unknown }
    return [msg, error].filter((part) => typeof part === 'string').join(': ') || line
  } catch {
    return line
  }
}

/** The end of a file; empty when it cannot be read. */
export function tail(file: string, bytes = TAIL_BYTES): string {
  try {
    const handle = openSync(file, 'r')
    try {
      const { size } = fstatSync(handle)
      const buffer = Buffer.alloc(Math.min(size, bytes))
      readSync(handle, buffer, 0, buffer.length, size - buffer.length)
      return buffer.toString('utf8')
    } finally {
      closeSync(handle)
    }
  } catch {
    return ''
  }
}
