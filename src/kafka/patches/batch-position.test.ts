import { expect, test } from 'vitest'
import { decodeMessages, PositionedBatch } from './batch-position.ts'
import { stock, untouched } from './modules.ts'

type Encoder = { buffer: Buffer; size(): number; writeInt32(value: number): Encoder; writeBuffer(buffer: Buffer): Encoder }
type Stocked = { Batch: new (...args: unknown[]) => { isEmpty(): boolean; isEmptyDueToFiltering(): boolean } }
const Encoder = stock('src/protocol/encoder.js') as new () => Encoder
const Decoder = stock('src/protocol/decoder.js') as new (bytes: Buffer) => Parameters<typeof decodeMessages>[0]
const Long = stock('src/utils/long.js') as { fromValue(value: number): unknown }
const { RecordBatch } = stock('src/protocol/recordBatch/v0/index.js') as { RecordBatch(batch: object): Promise<Encoder> }
const makeRecord = stock('src/protocol/recordBatch/record/v0/index.js') as (record: object) => unknown
const stockDecode = untouched('src/protocol/requests/fetch/v4/decodeMessages.js') as (decoder: unknown) => Promise<unknown[]>
const StockBatch = untouched('src/consumer/batch.js') as Stocked['Batch']

const encodeBatch = (firstOffset: number, lastOffsetDelta: number, deltas: readonly number[]): Promise<Encoder> =>
  RecordBatch({
    firstOffset: Long.fromValue(firstOffset),
    firstTimestamp: 0,
    maxTimestamp: 0,
    lastOffsetDelta,
    producerId: Long.fromValue(5),
    records: deltas.map((offsetDelta) => makeRecord({ offsetDelta, timestampDelta: 0, key: `k${offsetDelta}`, value: Buffer.from('v') })),
  })
async function recordSet(...batches: [firstOffset: number, lastOffsetDelta: number, deltas: readonly number[]][]): Promise<Buffer> {
  const encoded = await Promise.all(batches.map((batch) => encodeBatch(...batch)))
  const bytes = Buffer.concat(encoded.map(({ buffer }) => buffer))
  return new Encoder().writeInt32(bytes.length).writeBuffer(bytes).buffer
}
const read = async (bytes: Buffer, fetchedOffset: number): Promise<PositionedBatch> =>
  new PositionedBatch('clicks', String(fetchedOffset), {
    partition: 1,
    highWatermark: '532672',
    abortedTransactions: [],
    messages: await decodeMessages(new Decoder(bytes)),
  })

test('offset-passes-an-empty-record-batch: stock stays before it for ever', async () => {
  const bytes = await recordSet([484_158, 4_095, []])
  const messages = await stockDecode(new Decoder(bytes))
  const stocked = new StockBatch('clicks', '484158', { partition: 1, highWatermark: '532672', abortedTransactions: [], messages })
  expect([stocked.isEmpty(), stocked.isEmptyDueToFiltering()]).toEqual([true, false]) // the runner does nothing then

  const ours = await read(bytes, 484_158)
  expect(ours.messages).toEqual([])
  expect(ours.nextOffset).toBe(488_254)
  expect(ours.isEmpty()).toBe(false) // so that eachBatch hears of it
  expect(ours.lastOffset()).toBe('488253')
})

test.each([
  { name: 'records', batches: [[10, 2, [0, 1, 2]]], fetched: 10, next: 13, offsets: [10, 11, 12] },
  { name: 'records, the last ones compacted away', batches: [[10, 9, [0, 1]]], fetched: 10, next: 20, offsets: [10, 11] },
  { name: 'a batch that begins before the fetch', batches: [[10, 4, [0, 1, 2, 3, 4]]], fetched: 12, next: 15, offsets: [12, 13, 14] },
  { name: 'nothing left past the fetch', batches: [[10, 9, [0, 1]]], fetched: 15, next: 20, offsets: [] },
  {
    name: 'an empty batch between two',
    batches: [
      [10, 1, [0, 1]],
      [12, 7, []],
      [20, 0, [0]],
    ],
    fetched: 10,
    next: 21,
    offsets: [10, 11, 20],
  },
] as const)('$name', async ({ batches, fetched, next, offsets }) => {
  const batch = await read(
    await recordSet(...batches.map(([first, delta, deltas]) => [first, delta, deltas] as [number, number, readonly number[]])),
    fetched,
  )
  expect(batch.messages.map(({ offset }) => Number(offset))).toEqual(offsets)
  expect(batch.nextOffset).toBe(next)
})

test('a record batch cut off by maxBytes is left for the next fetch', async () => {
  const whole = (await encodeBatch(10, 1, [0, 1])).buffer
  const half = (await encodeBatch(12, 1, [0, 1])).buffer
  for (let cut = 1; cut < half.length; cut++) {
    const bytes = Buffer.concat([whole, half.subarray(0, half.length - cut)])
    const batch = await read(new Encoder().writeInt32(bytes.length).writeBuffer(bytes).buffer, 10)
    expect([batch.messages.length, batch.nextOffset]).toEqual([2, 12])
  }
})

test('nothing fetched is empty, and stands still', async () => {
  const batch = await read(new Encoder().writeInt32(0).buffer, 7)
  expect([batch.isEmpty(), batch.nextOffset, batch.firstOffset()]).toEqual([true, 7, null])
})

test('a record batch of any length: stock throws RangeError', async () => {
  const count = 150_000
  const bytes = await recordSet([0, count - 1, Array.from({ length: count }, (_, i) => i)])
  await expect(stockDecode(new Decoder(bytes))).rejects.toThrow(RangeError)
  expect((await read(bytes, 0)).messages).toHaveLength(count)
})
