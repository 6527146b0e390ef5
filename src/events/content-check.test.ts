import fc from 'fast-check'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { Click, ClickRecord } from './click.ts'
import { contentCheck } from './content-check.ts'
import { Delivery } from './conversion.ts'
import { Outcome } from './outcome.ts'
import { Pending } from './pending.ts'
import { Postback } from './postback.ts'
import { sampleClick, samplePostback } from './samples.ts'

const postback = contentCheck(Postback)
const item = { id: null, name: null, quantity: 1, price: '1.50', category: null, brand: null }

test.each([
  { name: 'an id that is no UUID', given: { postback_id: 'joe@example.com' }, says: 'postback_id: Invalid UUID' },
  { name: 'a time before all times', given: { received_at: -1 }, says: 'received_at: Too small: expected number to be >=0' },
  { name: 'a word of no closed set', given: { lane: 'joe' }, says: 'lane: Invalid option: expected one of "live"|"deferred"' },
  { name: 'a value that is no decimal', given: { reading: { value: '1e5' } }, says: /^reading\.value: Invalid string: must match pattern/ },
  {
    name: 'a price inside a list',
    given: { reading: { items: [item, { ...item, price: 'joe' }] } },
    says: /^reading\.items\[\]\.price: Invalid string/,
  },
  {
    name: 'an e-mail where its hash belongs',
    given: { reading: { user: { email: 'joe@example.com' } } },
    says: /^reading\.user, a value in it: Invalid string/,
  },
  {
    name: 'user data of an unknown form',
    given: { reading: { user: { joe: 'a'.repeat(64) } } },
    says: /^reading\.user, a name in it: Invalid option/,
  },
])('$name is told by its place and what would be right, without the value', ({ given, says }) => {
  const said = postback(samplePostback(given as never))
  expect(said).toEqual(expect.stringMatching(says))
  expect(said).not.toContain('joe')
})

test('what is right is passed, absent values too', () => {
  expect(postback(samplePostback({ reading: { items: [item], user: { email: 'a'.repeat(64) }, value: '-0.5', event_time: 7 } }))).toBeNull()
  expect(contentCheck(Click)(sampleClick())).toBeNull()
  expect(contentCheck(Pending)({ kind: 'held', postback: samplePostback(), why: 'click_not_seen', held_at: 1, deadline_at: 2 })).toBeNull()
})

test('a-quick-yes-is-a-yes: of any text that is nearly a UUID zod says the same', () => {
  const check = contentCheck(z.object({ id: z.uuid() }))
  const right = [
    '018f3c5e-7b2a-7c3d-8e4f-5a6b7c8d9e0f',
    '018F3C5E-7B2A-4C3D-BE4F-5A6B7C8D9E0F',
    `${'0'.repeat(8)}-0000-0000-0000-${'0'.repeat(12)}`,
  ]
  for (const id of right) {
    expect(check({ id })).toBeNull()
    for (let at = 0; at <= id.length; at++) {
      for (const other of ['', '-', '0', '9', 'a', 'c', 'F', 'g', '\x18', 'é', '0a']) {
        const changed = id.slice(0, at) + other + id.slice(at + 1)
        expect([changed, check({ id: changed }) === null]).toEqual([changed, z.uuid().safeParse(changed).success])
      }
    }
  }
  expect(contentCheck(z.object({ id: z.uuidv4() }))({ id: right[0] })).not.toBeNull()
})

/** Schemas of what our records are made of. */
const leaf = fc.constantFrom<z.ZodType>(
  z.uuid(),
  z.enum(['a', 'b']),
  z.int(),
  z.int().nonnegative(),
  z.int().positive(),
  z.string(),
  z.string().regex(/^[ab]*$/),
  z.string().min(1).max(2),
  z.string().regex(/^a/).max(2),
  z.boolean(),
)
const { schema } = fc.letrec<{ schema: z.ZodType }>((tie) => ({
  schema: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    tie('schema').map((one) => z.nullable(one)),
    tie('schema').map((one) => z.array(one)),
    tie('schema').map((one) => z.nullable(one).default(null)),
    tie('schema').map((one) => z.partialRecord(z.enum(['a', 'b']), one)),
    fc.tuple(tie('schema'), tie('schema')).map(([x, y]) => z.object({ x, y })),
  ),
}))
/** A value that Avro would let through: the right types, any content. */
function anyOf(of: z.ZodType): fc.Arbitrary<unknown> {
  if (of instanceof z.ZodNullable) return fc.option(anyOf(of.unwrap() as z.ZodType))
  if (of instanceof z.ZodDefault) return fc.oneof(fc.constant(undefined), anyOf(of.unwrap() as z.ZodType))
  if (of instanceof z.ZodArray) return fc.array(anyOf(of.element as z.ZodType), { maxLength: 3 })
  if (of instanceof z.ZodRecord)
    return fc.dictionary(fc.constantFrom('a', 'b', 'c'), anyOf(of.valueType as z.ZodType), { maxKeys: 2, noNullPrototype: true })
  if (of instanceof z.ZodObject) return fc.record({ x: anyOf(of.shape.x as z.ZodType), y: anyOf(of.shape.y as z.ZodType) })
  if (of instanceof z.ZodNumber) return fc.integer({ min: -2, max: 2 })
  if (of instanceof z.ZodBoolean) return fc.boolean()
  return fc.oneof(fc.constantFrom('', 'a', 'b', 'ab', 'abc', 'ba'), fc.uuid())
}

test('it says yes where zod says yes, and no where zod says no, whatever the schema', () =>
  fc.assert(
    fc.property(
      schema.chain((of) => fc.tuple(fc.constant(of), anyOf(of))),
      ([of, value]) => {
        expect(contentCheck(of)(value) === null).toBe(of.safeParse(value).success)
      },
    ),
    { numRuns: 2_000 },
  ))

test('every kind of part that our records have is known to it', () => {
  const known = [
    z.ZodNullable,
    z.ZodDefault,
    z.ZodObject,
    z.ZodArray,
    z.ZodRecord,
    z.ZodEnum,
    z.ZodNumber,
    z.ZodBoolean,
    z.ZodString,
    z.ZodStringFormat,
  ]
  const unknown = new Set<string>()
  const visit = (one: z.ZodType): void => {
    if (!known.some((kind) => one instanceof kind)) unknown.add(one.def.type)
    if (one instanceof z.ZodNullable || one instanceof z.ZodDefault) visit(one.unwrap() as z.ZodType)
    if (one instanceof z.ZodArray) visit(one.element as z.ZodType)
    if (one instanceof z.ZodRecord) visit(one.valueType as z.ZodType)
    if (one instanceof z.ZodObject) for (const field of Object.values(one.shape)) visit(field as z.ZodType)
  }
  for (const record of [Postback, Click, ClickRecord, Pending, Delivery, Outcome]) visit(record)
  expect([...unknown]).toEqual([])
})
