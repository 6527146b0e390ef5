import avsc from 'avsc'
import type { Tap } from './texts.ts'

type Coder = avsc.Type & { _read(tap: Tap): unknown; _skip(tap: Tap): void; _write(tap: Tap, value: unknown): void }
const { UnwrappedUnionType } = avsc.types as unknown as {
  UnwrappedUnionType: new (schema: avsc.Schema, options: avsc.ForSchemaOptions) => Coder & { readonly types: readonly Coder[] }
}

/** The two branches as they stand in front of a value. https://avro.apache.org/docs/1.12.0/specification/#unions-1 */
const NULL = 0
const VALUE = 2

/** `["null", X]` as the plain value. Half of what our records hold are such, and most of them null: one byte is looked at, where avsc
 *  reads a number of any length, or looks up which branch a value belongs to. */
export function optional(schema: avsc.Schema, options: avsc.ForSchemaOptions): avsc.Type {
  const union = new UnwrappedUnionType(schema, options)
  const [none, some] = union.types
  if (none?.typeName !== 'null' || some === undefined || union.types.length > 2) return union
  return Object.create(union, {
    _read: {
      value(tap: Tap): unknown {
        const branch = tap.buf[tap.pos]
        if (branch !== NULL && branch !== VALUE) return union._read(tap) // throws, or the record has ended
        tap.pos++
        return branch === NULL ? null : some._read(tap)
      },
    },
    _skip: {
      value(tap: Tap): void {
        const branch = tap.buf[tap.pos]
        if (branch === NULL || branch === VALUE) tap.pos++
        if (branch === VALUE) some._skip(tap)
        else if (branch !== NULL) union._skip(tap)
      },
    },
    _write: {
      value(tap: Tap, value: unknown): void {
        tap.buf[tap.pos++] = value === null ? NULL : VALUE
        if (value !== null) some._write(tap, value) // throws for what it is not
      },
    },
  }) as avsc.Type
}
