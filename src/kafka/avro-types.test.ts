import avsc from 'avsc'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { toType } from './avro-types.ts'
import type { AvroSchema } from './registry.ts'
import { CuttingTap, type Tap } from './texts.ts'

const SCHEMA: AvroSchema = {
  type: 'record',
  namespace: 'postback',
  name: 'Sample',
  fields: [
    { name: 'text', type: 'string' },
    { name: 'maybe_text', type: ['null', 'string'] },
    { name: 'maybe_long', type: ['null', 'long'] },
    { name: 'maybe_flag', type: ['null', 'boolean'] },
    { name: 'maybe_word', type: ['null', { type: 'enum', name: 'Word', symbols: ['lead', 'sale'] }] },
    { name: 'maybe_part', type: ['null', { type: 'record', name: 'Part', fields: [{ name: 'id', type: ['null', 'string'] }] }] },
    { name: 'three', type: ['null', 'string', 'long'] },
    { name: 'list', type: { type: 'array', items: 'string' } },
    { name: 'map', type: { type: 'map', values: ['null', 'string'] } },
    { name: 'last', type: 'string' },
  ],
}
const stock = avsc.Type.forSchema(structuredClone(SCHEMA) as avsc.Schema, { wrapUnions: 'never', registry: {} })
const ours = toType(SCHEMA)

/** Lengths around those at which another way of writing or reading begins; every kind of character, halves of pairs among them. */
const text = fc.oneof(
  fc.string({ maxLength: 20 }),
  fc.string({ unit: 'binary', maxLength: 140 }),
  fc.constantFrom(12, 13, 62, 63, 64, 65, 127, 128, 129, 300).map((length) => 'x'.repeat(length)),
  fc.constantFrom(61, 62, 63, 126, 127).map((length) => `${'x'.repeat(length)}é`),
  fc.constantFrom('', 'ÿ', '\u0080', '\u007f', 'ß'.repeat(64), '😀', '\ud83d', '\ude00x', 'a\u0000b'),
)
const LONG = fc.integer({ min: -(2 ** 52), max: 2 ** 52 })
const sample = fc.record({
  text,
  maybe_text: fc.option(text),
  maybe_long: fc.option(LONG),
  maybe_flag: fc.option(fc.boolean()),
  maybe_word: fc.option(fc.constantFrom('lead', 'sale')),
  maybe_part: fc.option(fc.record({ id: fc.option(text) })),
  three: fc.oneof(fc.constant(null), text, LONG),
  list: fc.array(text, { maxLength: 3 }),
  map: fc.dictionary(
    text.filter((key) => key !== '__proto__'), // which stock loses
    fc.option(text),
    { maxKeys: 3 },
  ),
  last: text,
})

/** What is read, and where the head stands then; null: past the end. */
function cut(bytes: Buffer): { value: unknown; offset: number } | null {
  const tap = new CuttingTap(bytes, 0)
  const value = (ours as unknown as { _read(tap: Tap): unknown })._read(tap)
  return tap.pos > bytes.length ? null : { value, offset: tap.pos }
}
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

test('byte-for-byte: what we write is what avsc writes', () => {
  fc.assert(
    fc.property(sample, (value) => {
      expect(ours.toBuffer(value).equals(stock.toBuffer(value))).toBe(true)
    }),
    { numRuns: 2_000 },
  )
})

test('what avsc reads is what we read, cut out of one text or not', () => {
  fc.assert(
    fc.property(sample, (value) => {
      const bytes = stock.toBuffer(value)
      const wanted = plain(stock.fromBuffer(bytes))
      expect(plain(ours.fromBuffer(bytes))).toEqual(wanted)
      const read = cut(bytes)
      expect([plain(read?.value), read?.offset]).toEqual([wanted, bytes.length])
    }),
    { numRuns: 2_000 },
  )
})

test('nothing is lost: a parameter whose name JavaScript takes for something else is kept', () => {
  const map: unknown = JSON.parse('{"__proto__":"a","constructor":"b"}')
  const bytes = ours.toBuffer({ ...whole, map })
  expect(plain(ours.fromBuffer(bytes))).toMatchObject({ map })
  expect(JSON.stringify(cut(bytes)?.value)).toContain('"map":{"__proto__":"a","constructor":"b"}')
})

test('a value that ends too early is never taken for a whole one, and a buffer too small is told by how much', () => {
  fc.assert(
    fc.property(sample, (value) => {
      const bytes = stock.toBuffer(value)
      for (let length = 0; length < bytes.length; length++) {
        expect(endOf(() => cut(bytes.subarray(0, length)))).toBeNull()
        expect(ours.encode(value, Buffer.alloc(length))).toBe(length - bytes.length)
      }
    }),
    { numRuns: 50 },
  )
})
function endOf(read: () => unknown): unknown {
  try {
    return read()
  } catch {
    return null // a length that cannot be
  }
}

const good = { text: '', maybe_text: null, maybe_long: null, maybe_flag: null, maybe_word: null, maybe_part: null }
const whole = { ...good, three: null, list: [], map: {}, last: '' }
test.each([
  { text: 1 },
  { text: null },
  { maybe_text: 1 },
  { maybe_text: undefined },
  { maybe_long: 'x' },
  { maybe_long: 1.5 },
  { maybe_flag: 'true' },
  { maybe_word: 'view' },
  { maybe_part: undefined },
  { maybe_part: 'x' },
  { maybe_part: {} },
  { three: true },
  { list: 'x' },
  { list: [null] },
  { map: [] },
  { map: null },
  { map: { a: 1 } },
])('what does not fit is not written: %o', (wrong) => {
  expect(() => stock.toBuffer({ ...whole, ...wrong })).toThrow()
  expect(() => ours.toBuffer({ ...whole, ...wrong })).toThrow()
})

test.each([0x04, 0x01, 0x03, 0x80])('a branch that an optional value does not have is refused: %i', (branch) => {
  const bytes = stock.toBuffer(whole)
  bytes[1] = branch // of maybe_text, behind the empty text
  expect(endOf(() => cut(bytes))).toBeNull()
  expect(() => ours.fromBuffer(bytes)).toThrow()
})
