import { createRequire } from 'node:module'
import avsc from 'avsc'
import { isLatin1Of, wroteAscii } from '../events/ascii.ts'

/** avsc's head, which reads and writes. It may run past the end: whoever reads or writes checks that afterwards. */
export type Tap = {
  readonly buf: Buffer & { latin1Slice(from: number, to: number): string; utf8Slice(from: number, to: number): string }
  pos: number
  readLong(): number
  skipLong(): void
  readString(): string
  skipString(): void
  writeLong(value: number): void
  writeString(text: string): void
}
type Coder = avsc.Type & { _read(tap: Tap): string; _write(tap: Tap, text: string): void }

const utils = createRequire(import.meta.url)('avsc/lib/utils') as { Tap: new (buf: Buffer, pos: number) => Tap }
const { StringType } = avsc.types as unknown as { StringType: new () => Coder }

/** Whoever reads a value with it gets texts that are cut out of one text of the whole: 22 ns instead of 80 each. A text longer than 12
 *  characters keeps the whole alive, so this is for values that are let go soon. */
export class CuttingTap extends utils.Tap {
  /** A character a byte, made when the first text is read. */
  whole = ''
}

/** Longer ones are read and written faster by Node. */
const READ_HERE_MAX = 128
/** A cut text up to this length is a copy of its own, so keeping it keeps nothing else alive. */
const MET_MAX = 12
/** Most short texts are words and ids that come again and again: whoever looks something up by one that was met before needs neither a
 *  new text nor its hash again. One place for each hash, the last that came holds it. */
const MET_PLACES = 1_024
const met: string[] = Array.from({ length: MET_PLACES }, () => '')
/** Its length takes one byte. */
const WRITE_HERE_MAX = 63

/** A text of the value; like avsc's own, it may be garbage past the end. */
export function readText(tap: Tap): string {
  if (!(tap instanceof CuttingTap)) return tap.readString()
  const start = tap.pos
  const length = tap.readLong()
  const from = tap.pos
  const to = from + length
  const { buf } = tap
  if (length < 0 || length > READ_HERE_MAX || to > buf.length) {
    tap.pos = start
    return tap.readString()
  }
  tap.pos = to
  if (length <= MET_MAX) return readShort(tap, from, to)
  let bits = 0
  for (let at = from; at < to; at++) bits |= buf[at] as number // within the buffer
  return bits > 0x7f ? buf.utf8Slice(from, to) : cut(tap, from, to)
}

function readShort(tap: CuttingTap, from: number, to: number): string {
  const { buf } = tap
  let bits = 0
  let hash = 0
  for (let at = from; at < to; at++) {
    const byte = buf[at] as number // within the buffer
    bits |= byte
    hash = (Math.imul(hash, 31) + byte) | 0
  }
  if (bits > 0x7f) return buf.utf8Slice(from, to)
  const place = (hash ^ (hash >>> 10)) & (MET_PLACES - 1)
  const known = met[place] as string // every place has a text
  if (isLatin1Of(known, buf, from, to)) return known
  const text = cut(tap, from, to)
  met[place] = text
  return text
}

function cut(tap: CuttingTap, from: number, to: number): string {
  if (tap.whole === '') tap.whole = tap.buf.latin1Slice(0, tap.buf.length)
  return tap.whole.slice(from, to)
}

export function writeText(tap: Tap, text: string): void {
  if (!wroteShort(tap, text)) tap.writeString(text)
}

/** What most texts are, short and ASCII, is written in one go; avsc asks for the length in bytes first. */
function wroteShort(tap: Tap, text: string): boolean {
  const { buf, pos } = tap
  const { length } = text
  if (length > WRITE_HERE_MAX || pos + 1 + length > buf.length || !wroteAscii(buf, pos + 1, text)) return false
  buf[pos] = length << 1 // zigzag
  tap.pos = pos + 1 + length
  return true
}

const stock = new StringType()

/** Strings of every schema of ours. */
export const TEXT: avsc.Type = Object.create(stock, {
  _read: { value: readText },
  _write: {
    value(tap: Tap, text: unknown) {
      if (typeof text === 'string') writeText(tap, text)
      else stock._write(tap, text as string) // throws, and says what is wrong
    },
  },
}) as avsc.Type
