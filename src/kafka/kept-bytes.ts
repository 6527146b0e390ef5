import type avsc from 'avsc'
import type { Tap } from './texts.ts'

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
  #kept: Kept

  constructor(value: object, kept: Kept) {
    super(value)
    this.#kept = kept
  }

  static keep(value: object, kept: Kept): void {
    new Bytes(value, kept)
  }

  /** Writes the bytes of `value`; false when it has none of this shape. */
  static copy(value: object, shape: Shape, tap: Tap): boolean {
    if (!(#kept in value)) return false
    const kept = value.#kept
    const surplus = kept.shape === shape ? 0 : surplusOf(value, kept.shape, shape)
    if (surplus === null) return false
    const [at, end] = [tap.pos, kept.end - surplus]
    tap.pos += end - kept.start
    if (tap.pos <= tap.buf.length) kept.buf.copy(tap.buf, at, kept.start, end)
    return true
  }
}

/** One object, since a private field that is put onto values of many shapes takes long to put. */
type Kept = { readonly buf: Buffer; readonly start: number; readonly end: number; readonly shape: Shape }

/** Fields in their order, as JSON; one object for equal schemas, so that comparing two is comparing references. */
type Shape = {
  readonly fields: readonly { readonly name: string; readonly schema: string }[]
  readonly longer: Map<Shape, readonly string[] | null>
}
const shapes = new Map<string, Shape>()
function shapeOf(type: avsc.Type): Shape {
  const schema = type.schema({ exportAttrs: true }) as { fields: { name: string }[] } // of a record
  const fields = schema.fields.map((field) => ({ name: field.name, schema: JSON.stringify(field) }))
  return shapes.getOrInsertComputed(JSON.stringify(schema), () => ({ fields, longer: new Map() }))
}

/** Bytes at the end that the wanted shape does not have: a record ends with its last fields, and one that is null or an empty list
 *  takes one byte. null: the shapes differ in other ways, or these fields hold something. */
function surplusOf(value: object, has: Shape, wanted: Shape): number | null {
  const extra = wanted.longer.getOrInsertComputed(has, () => {
    const isLonger = wanted.fields.every(({ schema }, at) => has.fields[at]?.schema === schema)
    return isLonger ? has.fields.slice(wanted.fields.length).map(({ name }) => name) : null
  })
  if (extra === null) return null
  for (const name of extra) {
    const held = (value as Record<string, unknown>)[name]
    if (held !== null && !(Array.isArray(held) && held.length === 0)) return null
  }
  return extra.length
}

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
        Bytes.keep(value, { buf: tap.buf, start, end: tap.pos, shape })
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
