import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Conversion, Delivery } from '../events/conversion.ts'
import { sampleClick, samplePostback } from '../events/samples.ts'
import { toType } from './avro-types.ts'
import type { AvroSchema } from './registry.ts'

const schema = (name: string): AvroSchema =>
  JSON.parse(readFileSync(new URL(`../../schemas/${name}.avsc`, import.meta.url), 'utf8')) as AvroSchema
const [ofPostback, ofClick, ofDelivery, ofPending] = ['postback', 'click', 'delivery', 'pending'].map((name) => toType(schema(name)))
if (ofPostback === undefined || ofClick === undefined || ofDelivery === undefined || ofPending === undefined)
  throw new Error('four names, four types')

const postback = samplePostback({ raw: { subid: 'c1' }, reading: { subs: { sub1: 'a' }, custom_data: '{"a":1}' } })
const click = sampleClick({ utm: { source: 'mail' } })
const { workspace_id, postback_id, source_id, tracker, received_at, reading } = postback
const conversion: Conversion = { workspace_id, postback_id, source_id, tracker, received_at, reading, click, matched_by: 'click_id' }
const delivery: Delivery = {
  ...{ platform: 'meta', destination_id: 'd1', conversion, due_at: 1, queued_at: 1, moved_at: 1, attempts: 0, why: null },
  workspaces_offset: 1,
}
const read = <Value>(type: typeof ofPostback, value: Value): Value => type.fromBuffer(type.toBuffer(value)) as Value

test('what was read inside of one record is written the same inside of another', () => {
  const [readPostback, readClick] = [read(ofPostback, postback), read(ofClick, click)]
  const made = { ...delivery, conversion: { ...conversion, reading: readPostback.reading, click: readClick } }
  expect(ofDelivery.toBuffer(made)).toEqual(ofDelivery.toBuffer(delivery))
  const held = { kind: 'held', postback: readPostback, why: 'click_not_seen', held_at: 1, deadline_at: 2 }
  expect(ofPending.toBuffer(held)).toEqual(ofPending.toBuffer({ ...held, postback }))
  expect(ofDelivery.toBuffer(read(ofDelivery, delivery))).toEqual(ofDelivery.toBuffer(delivery))
})

test('no-stale-bytes: a changed copy of a record is written as it was changed', () => {
  const changed = { ...read(ofClick, click), click_id: 'another', ids: ['another'] }
  expect(read(ofClick, changed)).toEqual(changed)
  const requeued = { ...read(ofDelivery, delivery), attempts: 7 }
  expect(read(ofDelivery, requeued).attempts).toBe(7)
})

test('kept bytes are written only where the schema is the same', () => {
  const older = toType({ ...schema('click'), fields: (schema('click').fields as { name: string }[]).filter(({ name }) => name !== 'cost') })
  const fromOlder = read(older, click)
  expect(read(ofClick, { ...fromOlder, cost: '1.5' })).toMatchObject({ click_id: click.click_id, cost: '1.5' })
  expect(ofClick.toBuffer(Object.assign(fromOlder, { cost: null }))).toEqual(ofClick.toBuffer(click))
})

test('bytes are found wherever the record lay in its message', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), fc.string({ maxLength: 30 }), (front, id) => {
      const own = { ...postback, reading: { ...reading, click_id: id } }
      const bytes = Buffer.concat([front, ofPostback.toBuffer(own)])
      const { value } = ofPostback.decode(bytes, front.length) as { value: typeof postback }
      const held = { kind: 'held', postback: value, why: 'click_not_seen', held_at: 1, deadline_at: 2 }
      expect(ofPending.toBuffer(held)).toEqual(ofPending.toBuffer({ ...held, postback: own }))
    }),
    { numRuns: 100 },
  )
})

test('a click that holds nothing more than its shorter form is written as that by its bytes, any other by its fields', () => {
  const record = { ...click, transaction_id: null, accepted: [] }
  const made = (one: object) => ofDelivery.toBuffer({ ...delivery, conversion: { ...conversion, click: one } })
  expect(made(read(ofClick, record))).toEqual(ofDelivery.toBuffer(delivery))
  expect(made(read(ofClick, { ...record, transaction_id: 't1' }))).toEqual(ofDelivery.toBuffer(delivery))
  expect(made(read(ofClick, { ...record, accepted: [{ event: 'Lead', conversion_status: null }] }))).toEqual(ofDelivery.toBuffer(delivery))
})

test('no-field-passed-over-is-lost: a record goes on as it came, and a changed copy of it cannot be written', () => {
  const lean = toType(schema('postback'), { Postback: ['raw'], Reading: ['subs', 'custom_data'] })
  const leanDelivery = toType(schema('delivery'), { Reading: ['subs', 'custom_data'] })
  const got = lean.fromBuffer(lean.toBuffer(postback)) as typeof postback
  expect(got).toMatchObject({ postback_id, reading: { click_id: reading.click_id, test: false } })
  expect([got.raw, got.reading.subs, got.reading.custom_data].map((value) => typeof value)).toEqual(['symbol', 'symbol', 'symbol'])
  expect(lean.toBuffer(got)).toEqual(lean.toBuffer(postback))
  expect(leanDelivery.toBuffer({ ...delivery, conversion: { ...conversion, reading: got.reading } })).toEqual(ofDelivery.toBuffer(delivery))
  for (const changed of [{ ...got }, { ...got, raw: {}, reading: { ...got.reading, subs: {} } }])
    expect(() => lean.toBuffer(changed)).toThrow()
  expect(() => toType(schema('postback'), { Reading: ['nothing'] })).toThrow('postback.Reading has no nothing')
})
