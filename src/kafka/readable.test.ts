import { expect, test } from 'vitest'
import { type Codec, PoisonRecord, UnknownSchema } from './codec.ts'
import { createReadable, type Readable } from './readable.ts'
import type { InRecord, OutRecord } from './record.ts'

/** `good`, `poison`, `refused`, `new` (of a schema that must be asked for), `lost` (of one that nobody has). */
const decode = (bytes: Buffer | null): unknown => {
  const text = String(bytes)
  if (text.startsWith('poison')) throw new PoisonRecord('undecodable', 'no such value')
  if (text.startsWith('new') || text.startsWith('lost')) throw new UnknownSchema(7)
  return text
}
const decodeAsync = async (bytes: Buffer | null): Promise<unknown> => {
  const text = String(bytes)
  if (text.startsWith('lost')) throw new PoisonRecord('schema_unknown', 'the registry knows no schema 7')
  return text.startsWith('new') ? text : decode(bytes)
}
const codec = { decode, decodeAsync, encode: (_: string, value: object) => Buffer.from(JSON.stringify(value)) } as unknown as Codec

function readableOf() {
  const counted = { good: 0, dead: 0 }
  const readable = createReadable({
    codec,
    role: 'test',
    checkOf: () => (value) => (String(value).startsWith('refused') ? 'not so' : null),
    ratio: {
      good: () => void counted.good++,
      dead: () => void counted.dead++,
      notes: { tell: () => null, hear: () => undefined },
    } as never,
    nowMs: () => 1,
    report: () => undefined,
  })
  return { readable, counted }
}
const records = (...values: (string | null)[]): InRecord[] =>
  values.map((value, offset) => ({
    ...{ topic: 'clicks', partition: 2, offset, timestampMs: 1, key: Buffer.from(`k${offset}`) },
    value: value === null ? null : Buffer.from(value),
  }))
const said = (readable: readonly Readable<string>[]) => readable.map(({ key, value, record }) => [key, value, record.offset])
const buriedAt = (out: readonly OutRecord[]) => out.map(({ topic, value }) => [topic, JSON.parse(String(value)).offset])

test('what needs nobody is there at once, in its order; what is poison or refused is buried by its place', () => {
  const { readable, counted } = readableOf()
  const buried: OutRecord[] = []
  const read = readable<string>(records('good', 'poison', null, 'refused', 'good'), (out) => buried.push(out))
  if (read instanceof Promise) throw new Error('it waits for nothing')
  expect(said(read)).toEqual([
    ['k0', 'good', 0],
    ['k2', null, 2],
    ['k4', 'good', 4],
  ])
  expect(buriedAt(buried)).toEqual([
    ['dead', 1],
    ['dead', 3],
  ])
  expect(counted).toEqual({ good: 3, dead: 2 })
})

test('no-record-is-passed-over: from the first of an unknown schema on the registry is asked, and every record comes once', async () => {
  const { readable, counted } = readableOf()
  const buried: OutRecord[] = []
  const read = readable<string>(records('good', 'poison', 'new', 'poison', 'lost', null, 'new', 'good'), (out) => buried.push(out))
  expect(read).toBeInstanceOf(Promise)
  expect(said(await read)).toEqual([
    ['k0', 'good', 0],
    ['k2', 'new', 2],
    ['k5', null, 5],
    ['k6', 'new', 6],
    ['k7', 'good', 7],
  ])
  expect(buriedAt(buried).map(([, offset]) => offset)).toEqual([1, 3, 4])
  expect(counted).toEqual({ good: 5, dead: 3 })
})
