import type avsc from 'avsc'

/** Names of fields by name of record, without namespace: what a reader has no use for. */
export type UnreadFields = { readonly [record: string]: readonly string[] }

/** Stands where a field was passed over. Nothing can be written from it: only a record whose bytes are kept goes on, as they are. */
export const PASSED_OVER = Symbol('passed over')

/** avsc's reading head, as far as it is handed through. */
type Tap = object
type Reading = { _read(tap: Tap): unknown; _skip(tap: Tap): void }
type RecordType = avsc.Type & {
  readonly fields: readonly { readonly name: string; readonly type: avsc.Type }[]
  readonly recordConstructor: new (...values: unknown[]) => object
}

/** The record type as one that builds no value for the named fields. A text costs 50 ns and a map ten of them, and what is built must
 *  be collected again. Throws TypeError for a field that the record does not have: a mistake of ours. */
export function passingOver(type: avsc.Type, unread: UnreadFields): avsc.Type {
  const { fields, recordConstructor, name } = type as RecordType
  const skipped = unread[name?.replace(/^.*\./, '') ?? '']
  if (skipped === undefined) return type
  const missing = skipped.filter((wanted) => !fields.some((field) => field.name === wanted))
  if (missing.length > 0) throw new TypeError(`${name} has no ${missing.join(', ')}`)
  const places = fields.map((_, at) => `t${at}`)
  const values = fields.map((field, at) => (skipped.includes(field.name) ? `(t${at}._skip(tap), passedOver)` : `t${at}._read(tap)`))
  // As avsc does it: code for each record, so that every place in it meets one type. Arguments are evaluated from left to right.
  const make = new Function('Made', 'passedOver', ...places, `return (tap) => new Made(${values.join(', ')})`)
  const read = make(recordConstructor, PASSED_OVER, ...fields.map((field) => field.type as unknown as Reading)) as (tap: Tap) => object
  return Object.create(type, { _read: { value: read } }) as avsc.Type
}
