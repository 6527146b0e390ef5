import { readdirSync, readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import avsc from 'avsc'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { toType } from './avro-types.ts'
import { createCodec, PoisonRecord, registerSchemas, UnknownSchema } from './codec.ts'
import type { AvroSchema } from './registry.ts'

const record = (name: string, ...fields: object[]): AvroSchema => ({ type: 'record', namespace: 'postback', name, fields })
const CLICK = record(
  'Click',
  { name: 'click_id', type: 'string' },
  { name: 'at', type: 'long' },
  { name: 'platform', type: ['null', 'string'], default: null },
  { name: 'aliases', type: { type: 'array', items: 'string' }, default: [] },
  { name: 'utm', type: { type: 'map', values: 'string' }, default: {} },
)
const CLICK_BEFORE = record('Click', { name: 'click_id', type: 'string' }, { name: 'at', type: 'long' }, { name: 'gone', type: 'string' })
const click = { click_id: 'c1', at: 1_795_000_000_000, platform: 'meta', aliases: ['x'], utm: { source: 'mail' } }

/** The registry's REST answers, as far as start-up asks; ids are places in the list. The real one is in test/integration. */
let server: Server
let url = ''
const schemas: string[] = []
const subjects = new Map<string, number[]>()
const asked: string[] = []
beforeAll(async () => {
  server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { status, body } = answer(request.method ?? '', request.url ?? '', Buffer.concat(chunks).toString())
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => new Promise((resolve) => server.close(resolve)))

function answer(method: string, path: string, text: string): { status: number; body: object } {
  asked.push(path)
  const missing = { status: 404, body: { error_code: 40_401, message: 'not found' } }
  const [, root, name = '', tail, version] = path.split('/')
  const subject = decodeURIComponent(name)
  if (root === 'config') return method === 'PUT' ? { status: 200, body: { compatibility: 'BACKWARD' } } : missing
  if (root === 'schemas') {
    const found = schemas[Number(tail)]
    return found === undefined ? missing : { status: 200, body: { schema: found } }
  }
  const ids = subjects.get(subject) ?? []
  if (version === 'latest') return ids.length === 0 ? missing : { status: 200, body: { id: ids.at(-1) } }
  if (method === 'GET' && tail === 'versions') {
    if (version === undefined) return { status: 200, body: ids.map((_, index) => index + 1) }
    return { status: 200, body: { id: ids[Number(version) - 1] } }
  }
  const { schema } = JSON.parse(text) as { schema: string }
  let id = schemas.indexOf(schema)
  if (tail === 'versions') {
    if (id < 0) id = schemas.push(schema) - 1
    subjects.set(subject, [...ids, id])
  }
  return ids.includes(id) || tail === 'versions' ? { status: 200, body: { id } } : missing
}

const open = async (subject: string, schema: AvroSchema) => {
  await registerSchemas({ registryUrl: url, schemas: { [subject]: schema } })
  return createCodec({ registryUrl: url, schemas: { [subject]: schema }, waitMs: 0 })
}
const framed = (id: number, body: Buffer): Buffer => {
  const head = Buffer.alloc(5)
  head.writeInt32BE(id, 1)
  return Buffer.concat([head, body])
}

test('what is encoded is decoded, in the form of the registry', async () => {
  const codec = await open('clicks-value', CLICK)
  const bytes = codec.encode('clicks-value', click)
  expect([bytes[0], schemas[bytes.readInt32BE(1)]]).toEqual([0, JSON.stringify(CLICK)])
  expect({ ...(codec.decode(bytes) as object) }).toEqual(click)
  expect({ ...(codec.decode(codec.encode('clicks-value', { ...click, platform: null })) as object) }).toMatchObject({ platform: null })
})

test('what is encoded in place is the same, until the next is', async () => {
  const { encode, encodeInPlace } = await open('clicks-value', CLICK)
  const [first, second] = [click, { ...click, click_id: 'c2', aliases: ['y', 'z'] }].map((value) => encode('clicks-value', value))
  const view = encodeInPlace('clicks-value', click)
  expect(view).toEqual(first)
  expect(encodeInPlace('clicks-value', { ...click, click_id: 'c2', aliases: ['y', 'z'] })).toEqual(second)
  expect(view).not.toEqual(first)
  const large = { ...click, aliases: Array.from({ length: 5_000 }, (_, n) => `alias-${n}`) }
  expect(encodeInPlace('clicks-value', large)).toEqual(encode('clicks-value', large))
})

test('a value that does not fit is told by its paths', async () => {
  const codec = await open('clicks-value', CLICK)
  expect(() => codec.encode('clicks-value', { ...click, at: 'today', aliases: [1] })).toThrow('at: at, aliases.0')
  expect(() => codec.encode('other-value', click)).toThrow('no schema for subject other-value')
})

test.each([
  { how: 'text by text', brief: false },
  { how: 'cut out of one text', brief: true },
])('a record of an older writer is read with our defaults, once its schema is resolved; $how', async ({ brief }) => {
  await registerSchemas({ registryUrl: url, schemas: { 'old-value': CLICK_BEFORE } })
  const id = schemas.indexOf(JSON.stringify(CLICK_BEFORE))
  const whole = await open('clicks-value', CLICK)
  const codec = brief ? whole.brief({}) : whole
  const bytes = framed(id, toType(CLICK_BEFORE).toBuffer({ click_id: 'c0', at: 1, gone: 'x' }))
  expect(() => codec.decode(bytes)).toThrow(UnknownSchema)
  const wanted = { click_id: 'c0', at: 1, platform: null, aliases: [], utm: {} }
  expect({ ...((await codec.decodeAsync(bytes)) as object) }).toEqual(wanted)
  expect({ ...(codec.decode(bytes) as object) }).toEqual(wanted) // from now on without asking
})

test('every version of our own subjects is readable from the start, without asking', async () => {
  await registerSchemas({ registryUrl: url, schemas: { 'versions-value': CLICK_BEFORE } })
  const id = schemas.indexOf(JSON.stringify(CLICK_BEFORE))
  const codec = await open('versions-value', CLICK)
  const bytes = framed(id, toType(CLICK_BEFORE).toBuffer({ click_id: 'c0', at: 1, gone: 'x' }))
  expect(codec.decode(bytes)).toMatchObject({ click_id: 'c0', platform: null })
})

test.each([
  { name: 'no value', bytes: null, why: 'empty' },
  { name: 'not framed', bytes: Buffer.from('{"click_id":1}'), why: 'framing' },
  { name: 'a schema nobody knows', bytes: framed(999_999, Buffer.from('x')), why: 'schema_unknown' },
])('poison is told, not thrown about: $name', async ({ bytes, why }) => {
  const codec = await open('clicks-value', CLICK)
  await expect(codec.decodeAsync(bytes)).rejects.toMatchObject({ name: 'PoisonRecord', why })
})

test('an id that nobody knows is asked for once, however many records have it', async () => {
  const codec = await open('clicks-value', CLICK)
  const before = asked.length
  for (let i = 0; i < 50; i++) await codec.decodeAsync(framed(888_888, Buffer.from('x'))).catch(() => undefined)
  expect(asked.slice(before)).toEqual(['/schemas/ids/888888'])
})

test('a record of another topic is foreign', async () => {
  const other = record('Invoice', { name: 'total', type: 'long' })
  await registerSchemas({ registryUrl: url, schemas: { 'invoices-value': other } })
  const codec = await open('clicks-value', CLICK)
  const bytes = framed(schemas.indexOf(JSON.stringify(other)), toType(other).toBuffer({ total: 1 }))
  await expect(codec.decodeAsync(bytes)).rejects.toMatchObject({ why: 'schema_foreign' })
})

test.each([
  { how: 'text by text', brief: false },
  { how: 'cut out of one text', brief: true },
])('any bytes behind a good header are read or are poison, and soon; $how', async ({ brief }) => {
  const whole = await open('clicks-value', CLICK)
  const codec = brief ? whole.brief({}) : whole
  const id = schemas.indexOf(JSON.stringify(CLICK))
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (body) => {
      try {
        codec.decode(framed(id, Buffer.from(body)))
      } catch (error) {
        expect(error).toBeInstanceOf(PoisonRecord)
      }
    }),
    { numRuns: 5_000 },
  )
  const huge = Buffer.concat([
    toType(record('A', { name: 'a', type: 'string' })).toBuffer({ a: 'c' }),
    Buffer.from([2, 0, 0xfe, 0xff, 0xff, 0xff, 0x1f]),
  ])
  expect(() => codec.decode(framed(id, huge))).toThrow(PoisonRecord)
})

test('a field without a default is refused, by name', async () => {
  await registerSchemas({ registryUrl: url, schemas: { 'strict-value': CLICK_BEFORE } })
  const next = record('Click', ...(CLICK_BEFORE.fields as object[]), { name: 'country', type: 'string' })
  const attempt = registerSchemas({ registryUrl: url, schemas: { 'strict-value': next } })
  await expect(attempt).rejects.toMatchObject({ code: 'schema_incompatible', message: expect.stringContaining('country') })
})

test('a schema that was never registered is named with its registry', async () => {
  const attempt = createCodec({ registryUrl: url, schemas: { 'never-value': CLICK }, waitMs: 0 })
  await expect(attempt).rejects.toMatchObject({ code: 'schema_missing', message: expect.stringMatching(`${url}.*never-value`) })
})

const folder = new URL('../../schemas/', import.meta.url)
test.each(readdirSync(folder).filter((file) => file.endsWith('.avsc')))('%s: what avsc writes, we read', (file) => {
  const schema = JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as AvroSchema
  const plain = avsc.Type.forSchema(schema as avsc.Schema, { wrapUnions: 'never' })
  const ours = toType(schema)
  for (let i = 0; i < 20; i++) {
    const value: unknown = plain.random()
    expect(ours.toBuffer(ours.fromBuffer(plain.toBuffer(value))).equals(plain.toBuffer(value))).toBe(true)
  }
})
