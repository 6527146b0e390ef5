import { expect, test } from 'vitest'
import { FetchedBatch, takeRecordSet } from './fetched-batch.ts'
import { stock } from './modules.ts'
import { batchBytesMax, writeRecordBatch } from './record-batch.ts'
import { nextOffsetIn, readRecordSet } from './record-set.ts'
import { stockBatch, stockDecode, stockFetched, withSize } from './stock-batches.ts'

const Decoder = stock('src/protocol/decoder.js') as new (bytes: Buffer) => Parameters<typeof takeRecordSet>[0]

const encodeBatch = (firstOffset: number, lastOffsetDelta: number, deltas: readonly number[]): Promise<Buffer> =>
  stockBatch({
    firstOffset,
    lastOffsetDelta,
    producerId: 5,
    records: deltas.map((offsetDelta) => ({ offsetDelta, key: `k${offsetDelta}`, value: Buffer.from('v') })),
  })
type Described = readonly [firstOffset: number, lastOffsetDelta: number, deltas: readonly number[]]
const recordSet = async (...batches: readonly Described[]): Promise<Buffer> =>
  Buffer.concat(await Promise.all(batches.map((batch) => encodeBatch(...batch))))

const read = async (bytes: Buffer, fetchedOffset: number): Promise<FetchedBatch> =>
  new FetchedBatch('clicks', String(fetchedOffset), {
    partition: 1,
    highWatermark: '532672',
    abortedTransactions: [],
    messages: await takeRecordSet(new Decoder(withSize(bytes))),
  })

test('offset-passes-an-empty-record-batch: stock stays before it for ever', async () => {
  const bytes = await recordSet([484_158, 4_095, []])
  const stocked = await stockFetched(bytes, 484_158)
  expect([stocked.isEmpty(), stocked.isEmptyDueToFiltering()]).toEqual([true, false]) // the runner does nothing then

  const ours = await read(bytes, 484_158)
  expect(ours.records).toEqual([])
  expect(ours.nextOffset).toBe(488_254)
  expect(ours.isEmpty()).toBe(false) // so that eachBatch hears of it
  expect(ours.lastOffset()).toBe('488253')
})

const cases: { name: string; batches: Described[]; fetched: number; next: number; offsets: number[] }[] = [
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
]
test.each(cases)('$name', async ({ batches, fetched, next, offsets }) => {
  const batch = await read(await recordSet(...batches), fetched)
  expect(batch.records.map(({ offset }) => offset)).toEqual(offsets)
  expect(batch.nextOffset).toBe(next)
})

test('a record batch cut off by maxBytes is left for the next fetch', async () => {
  const whole = await encodeBatch(10, 1, [0, 1])
  const half = await encodeBatch(12, 1, [0, 1])
  for (let cut = 1; cut < half.length; cut++) {
    const batch = await read(Buffer.concat([whole, half.subarray(0, half.length - cut)]), 10)
    expect([batch.records.length, batch.nextOffset]).toEqual([2, 12])
  }
})

test('nothing fetched is empty, and stands still', async () => {
  const batch = await read(Buffer.alloc(0), 7)
  expect([batch.isEmpty(), batch.nextOffset, batch.firstOffset()]).toEqual([true, 7, null])
})

test('a record batch of any length: stock throws RangeError', async () => {
  const count = 150_000
  const messages = Array.from({ length: count }, () => ({ value: null }))
  const into = Buffer.alloc(batchBytesMax(messages))
  const options = { compression: 0, transactional: false, producerId: -1, producerEpoch: 0, firstSequence: 0, timestampMs: 0 }
  const bytes = into.subarray(0, await writeRecordBatch(into, 0, messages, options))
  await expect(stockDecode(bytes)).rejects.toThrow(RangeError)
  expect((await read(bytes, 0)).records).toHaveLength(count)
}, 30_000)

test('what cannot be read is not empty, and says why whenever it is looked at', async () => {
  const bytes = await encodeBatch(10, 1, [0, 1])
  bytes[bytes.length - 1] = 1
  const batch = await read(bytes, 10)
  expect(batch.isEmpty()).toBe(false)
  for (const _ of [1, 2]) expect(() => batch.records).toThrow(expect.objectContaining({ code: 'log_unreadable' }))
})

test('unreadable-is-told-when-it-is-done-with-at-the-latest: also where nobody has looked', async () => {
  const bytes = await recordSet([10, 1, [0, 1]], [12, 1, [0, 1]])
  const whole = await read(bytes, 10)
  whole.done()
  bytes[bytes.length - 1] = 1
  whole.done() // known to be whole, and not read again
  const unreadable = expect.objectContaining({ code: 'log_unreadable' })
  const broken = await read(bytes, 10)
  expect(() => broken.done()).toThrow(unreadable)
  const [first] = broken.inParts(1)
  expect(first?.records.map(({ offset }) => offset)).toEqual([10])
  expect(() => broken.done()).toThrow(unreadable)
})

test.each([1, 2, 3, 9])('parts of at most %i end behind their last record, and the last one where the batch does', async (most) => {
  const batch = await read(await recordSet([10, 1, [0, 1]], [12, 9, [0, 4]]), 10)
  const parts = [...batch.inParts(most)]
  expect(parts.flatMap(({ records }) => records)).toEqual(batch.records)
  const ends = parts.map(({ records }) => (records.at(-1)?.offset ?? 0) + 1)
  expect(parts.map(({ nextOffset }) => nextOffset)).toEqual([...ends.slice(0, -1), 22])
  expect((await read(Buffer.alloc(0), 7)).inParts(most).next().value).toMatchObject({ records: [], nextOffset: 7 })
})

test('a-position-rests-on-headers: it stands behind the last whole record batch, and what is no batch moves nothing and says why', async () => {
  const batches: Described[] = [
    [10, 2, [0, 1, 2]],
    [13, 6, []],
    [20, 1, [1]],
  ]
  const ends = await Promise.all(batches.map(async (_, at) => (await recordSet(...batches.slice(0, at + 1))).length))
  const bytes = await recordSet(...batches)
  for (let cut = 0; cut <= bytes.length; cut++) {
    const whole = ends.filter((end) => end <= cut).length
    expect(nextOffsetIn(bytes.subarray(0, cut), 10)).toBe([10, 13, 20, 22][whole])
  }
  const [length, garbage] = [Buffer.from(bytes), Buffer.alloc(200, 0xff)]
  length.writeInt32BE(-20, 8)
  for (const broken of [length, garbage]) {
    expect(nextOffsetIn(broken, 10)).toBe(10)
    expect(() => readRecordSet({ topic: 'clicks', partition: 1, bytes: broken, from: 10, aborted: [] })).toThrow('cannot be read')
  }
})
