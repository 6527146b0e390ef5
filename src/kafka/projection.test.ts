import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { samplePostback } from '../events/samples.ts'
import { toType } from './avro-types.ts'
import { pick } from './projection.ts'
import type { AvroSchema } from './registry.ts'

const schema = (name: string): AvroSchema =>
  JSON.parse(readFileSync(new URL(`../../schemas/${name}.avsc`, import.meta.url), 'utf8')) as AvroSchema

test('what is picked is read out of a whole record, and the rest is skipped', () => {
  const wanted = toType(pick(schema('postback'), { postback_id: true, quarantined: true, reading: { click_id: true, event_time: true } }))
  const writer = toType(schema('postback'))
  const postback = samplePostback({ raw: { a: 'b' }, reading: { items: [], subs: { sub1: 'x' } } })
  const read = wanted.fromBuffer(writer.toBuffer(postback), wanted.createResolver(writer)) as object
  expect(JSON.parse(JSON.stringify(read))).toEqual({
    postback_id: postback.postback_id,
    quarantined: null,
    reading: { click_id: 'c1', event_time: null },
  })
})

test('fields of an optional record and of a list of records are picked too', () => {
  const picked = pick(schema('outcome'), { attempt: { request: true }, deliveries: { stage: true } })
  expect(JSON.stringify(picked.fields)).toMatch(/"request"/)
  expect(JSON.stringify(picked.fields)).not.toMatch(/"response"|"destination_id"/)
})

test('a field that is not there is a mistake of ours', () => {
  expect(() => pick(schema('click'), { clicked: true })).toThrow(/Click has no clicked/)
})
