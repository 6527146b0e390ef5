import type avsc from 'avsc'

/** avsc's head, reading and writing. It may run past the end: whoever reads or writes checks that afterwards. */
export type Tap = { readonly buf: Buffer; pos: number }
type Coder = avsc.Type & { _read(tap: Tap): object; _write(tap: Tap, value: object): void }

/** Records that travel from topic to topic inside of others, as they came. */
const KEPT: ReadonlySet<string> = new Set(['Reading', 'Click', 'Conversion', 'Postback'])

/** Makes the constructor below put its fields onto a value that is there already. */
class Given {
  constructor(value: object) {
    // biome-ignore lint/correctness/noConstructorReturn: it is what this class is for
    return value
  }
}

/** The bytes a decoded record was read from, on the record itself. Private fields are not copied by a spread, so a changed copy of a
 *  record has none and is written anew; records are never changed in place. */
class Bytes extends Given {
  #buf: Buffer
  #start: number
  #end: number
  #shape: object

  constructor(value: object, buf: Buffer, start: number, end: number, shape: object) {
    super(value)
    this.#buf = buf
    this.#start = start
    this.#end = end
    this.#shape = shape
  }

  static keep(value: object, buf: Buffer, start: number, end: number, shape: object): void {
    new Bytes(value, buf, start, end, shape)
  }

  /** Writes the bytes of `value`; false when it has none of this shape. */
  static copy(value: object, shape: object, tap: Tap): boolean {
    if (!(#shape in value) || value.#shape !== shape) return false
    const at = tap.pos
    tap.pos += value.#end - value.#start
    if (tap.pos <= tap.buf.length) value.#buf.copy(tap.buf, at, value.#start, value.#end)
    return true
  }
}

/** One object for equal schemas, so that comparing two is comparing references. */
const shapes = new Map<string, object>()
const shapeOf = (type: avsc.Type): object => shapes.getOrInsertComputed(JSON.stringify(type.schema({ exportAttrs: true })), () => ({}))

/** Whether the bytes of records of this schema are kept. */
export const isKept = (schema: { readonly name?: unknown; readonly namespace?: unknown }): boolean =>
  KEPT.has(String(schema.name).replace(/^postback\./, ''))

/** The record type as one that keeps the bytes of what it reads, and writes those bytes again instead of the fields, wherever the
 *  schema is the same to the letter. The bytes stay in memory as long as the record does. */
export function keepBytes(type: avsc.Type): avsc.Type {
  const { _read: read, _write: write } = type as Coder
  const shape = shapeOf(type)
  return Object.create(type, {
    _read: {
      value(tap: Tap): object {
        const start = tap.pos
        const value = read.call(type, tap)
        Bytes.keep(value, tap.buf, start, tap.pos, shape)
        return value
      },
    },
    _write: {
      value(tap: Tap, value: object): void {
        if (!Bytes.copy(value, shape, tap)) write.call(type, tap, value)
      },
    },
  }) as avsc.Type
}
