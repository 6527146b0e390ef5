import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { untouched } from './modules.ts'
import { encodeProduce, type ProduceRequest } from './produce-request.ts'
import { readRecordSet } from './record-set.ts'
import { createRequest } from './request-frame.ts'

type Stock = { buffer: Buffer }
const stockRequest = untouched('src/protocol/requests/produce/v3/request.js') as (request: ProduceRequest) => { encode(): Promise<Stock> }
const stockFrame = untouched('src/protocol/request.js') as (framed: object) => Promise<Stock>

beforeEach(() => {
  vi.useFakeTimers({ now: 1_764_150_000_123, toFake: ['Date'] })
})
afterEach(() => {
  vi.useRealTimers()
})

const text = fc.oneof(fc.string({ maxLength: 40 }), fc.string({ unit: 'grapheme', maxLength: 20 }), fc.constant('x'.repeat(3_000)))
const bytes = fc.oneof(fc.uint8Array({ maxLength: 300 }), fc.constant(new Uint8Array(20_000))).map((array) => Buffer.from(array))
const field = fc.oneof(text, bytes, fc.constant(null))
const message = fc.oneof(fc.record({ key: field, value: field }), fc.record({ value: field }))
const partition = fc.record({
  partition: fc.nat(100),
  messages: fc.oneof(
    { weight: 40, arbitrary: fc.array(message, { minLength: 1, maxLength: 30 }) },
    { weight: 1, arbitrary: fc.constant(Array.from({ length: 9_000 }, (_, i) => ({ key: `k${i}`, value: null }))) },
  ),
  firstSequence: fc.oneof(fc.nat(1_000), fc.constant(2 ** 31 - 1)),
})
const request: fc.Arbitrary<ProduceRequest> = fc
  .record({
    acks: fc.constantFrom(-1, 1, 0),
    timeout: fc.nat(60_000),
    compression: fc.constantFrom(0, 0, 1),
    producer: fc.constantFrom(
      {},
      { producerId: '7', producerEpoch: 4 },
      { producerId: '4294967297', producerEpoch: 32_767, transactionalId: 'attribution-0' },
    ),
    topicData: fc.array(fc.record({ topic: fc.string({ maxLength: 20 }), partitions: fc.array(partition, { maxLength: 4 }) }), {
      maxLength: 3,
    }),
  })
  .map(({ producer, ...rest }) => ({ ...rest, ...producer }))

test('the same bytes as stock, for any records, producers and sequences, gzip included', async () => {
  await fc.assert(
    fc.asyncProperty(request, fc.constantFrom('postback', 'ä', 'c'.repeat(300)), async (one, clientId) => {
      const framed = { correlationId: 77, clientId }
      const ours = await createRequest({ ...framed, request: { apiKey: 0, apiVersion: 7, encode: () => encodeProduce(one) } })
      const stocked = await stockFrame({ ...framed, request: { apiKey: 0, apiVersion: 7, encode: stockRequest(one).encode } })
      expect(ours.buffer.equals(stocked.buffer)).toBe(true)
    }),
    { numRuns: 150 },
  )
}, 60_000)

const values = ['a', 'a'.repeat(5_000), 'ü', ''].map((value) => ({ key: value, value: Buffer.from(value) }))
test.each([
  { name: 'zstd', messages: values },
  { name: 'zstd of what cannot be made shorter', messages: [{ value: randomBytes(400_000) }, { value: null }] },
])('$name comes back as it was', async ({ messages }) => {
  const { buf, start, end } = await encodeProduce({
    acks: -1,
    timeout: 1,
    compression: 4,
    topicData: [{ topic: 't', partitions: [{ partition: 0, messages }] }],
  })
  const before = 2 + 2 + 4 + 4 + 3 + 4 + 4 + 4 // up to the record batch
  const records = readRecordSet({ topic: 't', partition: 0, bytes: buf.subarray(start + before, end), from: 0, aborted: null })
  expect(records.map(({ key, value }) => ({ key: key && String(key), value }))).toEqual(
    messages.map(({ value, ...rest }) => ({ key: 'key' in rest ? rest.key : null, value })),
  )
  expect(records[0]?.timestampMs).toBe(1_764_150_000_123)
})

test.each([
  { name: 'headers', message: { value: null, headers: { a: 'b' } } },
  { name: 'a time of its own', message: { value: null, timestamp: '5' } },
])('a record with $name is a mistake of ours, and is not sent without', async ({ message: wrong }) => {
  const topicData = [{ topic: 't', partitions: [{ partition: 0, messages: [wrong] }] }]
  await expect(encodeProduce({ acks: -1, timeout: 1, topicData })).rejects.toThrow(TypeError)
})

test('other requests are framed as stock frames them', async () => {
  const Encoder = untouched('src/protocol/encoder.js') as new () => { writeString(value: string): Stock }
  const framed = {
    correlationId: 3,
    clientId: 'postback',
    request: { apiKey: 3, apiVersion: 6, encode: async () => new Encoder().writeString('topics') },
  }
  expect((await createRequest(framed)).buffer).toEqual((await stockFrame(framed)).buffer)
})
