import { createRequire } from 'node:module'
import avsc from 'avsc'

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
  let bits = 0
  for (let at = from; at < to; at++) bits |= buf[at] as number // within the buffer
  if (bits > 0x7f) return buf.utf8Slice(from, to)
  if (tap.whole === '') tap.whole = buf.latin1Slice(0, buf.length)
  return tap.whole.slice(from, to)
}

export function writeText(tap: Tap, text: string): void {
  if (!wroteShort(tap, text)) tap.writeString(text)
}

/** What most texts are, short and ASCII, is written in one go; avsc asks for the length in bytes first. */
function wroteShort(tap: Tap, text: string): boolean {
  const { buf, pos } = tap
  const { length } = text
  if (length > WRITE_HERE_MAX || pos + 1 + length > buf.length) return false
  for (let at = 0; at < length; at++) {
    const code = text.charCodeAt(at)
    if (code > 0x7f) return false
    buf[pos + 1 + at] = code
  }
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
