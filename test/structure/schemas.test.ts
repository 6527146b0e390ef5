import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { expect, test } from 'vitest'
import type { z } from 'zod'
import { ClickRecord } from '../../src/events/click.ts'
import { Delivery } from '../../src/events/conversion.ts'
import { Dead, Outcome } from '../../src/events/outcome.ts'
import { Pending } from '../../src/events/pending.ts'
import { Postback } from '../../src/events/postback.ts'
import { sampleClick, samplePostback } from '../../src/events/samples.ts'
import { toType } from '../../src/kafka/avro-types.ts'
import { Account } from '../../src/workspaces/account.ts'
import { WorkspaceRecord } from '../../src/workspaces/schema.ts'
import { topics } from '../../topics/index.ts'

const avsc = createRequire(import.meta.url)('avsc') as typeof import('avsc')

type AvroField = { name: string; type: unknown }
type AvroRecord = { name: string; fields: AvroField[] }
const read = (name: string) => JSON.parse(readFileSync(new URL(`../../schemas/${name}.avsc`, import.meta.url), 'utf8')) as AvroRecord

const RECORDS: Readonly<Record<string, z.ZodObject>> = {
  postback: Postback,
  click: ClickRecord,
  pending: Pending,
  delivery: Delivery,
  outcome: Outcome,
  dead: Dead,
  workspace: WorkspaceRecord,
  account: Account,
}

test('every schema a topic names exists, and every file is used', () => {
  expect(new Set(topics(1).map((topic) => topic.schema))).toEqual(new Set(Object.keys(RECORDS)))
})

test.each(Object.entries(RECORDS))('%s has the same fields in Avro and in zod, and null where zod says null', (name, zod) => {
  const fields = read(name).fields
  expect(fields.map((field) => field.name)).toEqual(Object.keys(zod.shape))
  const nullable = fields.filter((field) => Array.isArray(field.type) && field.type.includes('null')).map((field) => field.name)
  expect(nullable).toEqual(Object.keys(zod.shape).filter((key) => zod.shape[key]?.safeParse(null).success))
})

test.each([
  [
    'postback',
    Postback,
    samplePostback({
      reading: { items: [{ id: '1', name: null, quantity: 2.5, price: '1.5', category: null, brand: null }], subs: { sub1: 'x' } },
    }),
  ],
  ['click', ClickRecord, { ...sampleClick({ utm: { source: 'a' } }), transaction_id: null, accepted: [] }],
  ['click', ClickRecord, { ...sampleClick(), transaction_id: 't1', accepted: [{ event: 'Purchase', conversion_status: 'approved' }] }],
  ['pending', Pending, { kind: 'deferred', postback: samplePostback(), why: '', held_at: 1, deadline_at: 1, offset: 7 }],
] as const)('a %s comes back from Avro as it went in, and zod agrees', (name, zod, value) => {
  const type = avsc.Type.forSchema(read(name) as never, { wrapUnions: 'never' })
  const back = JSON.parse(JSON.stringify(type.fromBuffer(type.toBuffer(value)))) as unknown
  expect(back).toEqual(value)
  expect(zod.parse(back)).toEqual(value)
})

test.each([
  ['click', sampleClick(), { transaction_id: null, accepted: [] }],
  ['pending', { kind: 'held', postback: samplePostback(), why: 'click_not_seen', held_at: 1, deadline_at: 1 }, { offset: -1 }],
] as const)('a %s without the fields that were added later is written and read with what they mean by absence', (name, value, absent) => {
  const type = toType(read(name) as never)
  expect(JSON.parse(JSON.stringify(type.fromBuffer(type.toBuffer(value))))).toEqual({ ...value, ...absent })
})
