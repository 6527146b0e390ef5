import { expect, test } from 'vitest'
import { readRecordSet, recordParts } from './record-set.ts'
import { marker, stockBatch, stockFetched } from './stock-batches.ts'

type Entry = [offset: number, producer: number, kind?: 'abort' | 'commit' | 'like a marker']
const ABORT_KEY = Buffer.from([0, 0, 0, 0])

async function log(entries: readonly Entry[]): Promise<Buffer> {
  const batch = ([firstOffset, producerId, kind]: Entry): Promise<Buffer> => {
    if (kind === 'abort' || kind === 'commit') return marker(firstOffset, producerId, kind)
    const key = kind === 'like a marker' ? ABORT_KEY : Buffer.from(`k${firstOffset}`)
    return stockBatch({ firstOffset, producerId, transactional: true, records: [{ offsetDelta: 0, key, value: null }] })
  }
  return Buffer.concat(await Promise.all(entries.map(batch)))
}
const aborted = (...list: [producer: number, firstOffset: number][]) =>
  list.map(([producerId, firstOffset]) => ({ producerId: String(producerId), firstOffset: String(firstOffset) }))

const overlapping: Entry[] = [
  [10, 1],
  [11, 2],
  [12, 3],
  [13, 2, 'abort'],
  [14, 1],
  [15, 1, 'abort'],
  [16, 3, 'commit'],
]
const early: Entry[] = [
  [20, 1],
  [21, 2],
  [22, 2, 'abort'],
  [23, 1, 'abort'],
  [24, 1],
]
const mimic: Entry[] = [
  [1, 1, 'like a marker'],
  [2, 1],
  [3, 1, 'abort'],
]

test.each([
  { name: 'listed in the order they ended', entries: overlapping, list: aborted([2, 11], [1, 10]), stock: [10, 12], ours: [12] },
  { name: 'begun before the fetch', entries: early, list: aborted([9, 3], [1, 5], [2, 7]), stock: [20, 21, 24], ours: [24] },
  { name: 'a record whose key looks like an abort marker ends nothing', entries: mimic, list: aborted([1, 1]), stock: [1, 2], ours: [] },
  { name: 'none was aborted', entries: overlapping, list: [], stock: [10, 11, 12, 14], ours: [10, 11, 12, 14] },
])('aborted transactions, $name: stock hands out aborted records, ours does not', async ({ entries, list, stock, ours }) => {
  const bytes = await log(entries)
  const stocked = await stockFetched(bytes, 0, list)
  expect(stocked.messages.map(({ offset }) => Number(offset))).toEqual(stock)
  const records = readRecordSet({ topic: 't', partition: 0, bytes, from: 0, aborted: list })
  expect(records.map(({ offset }) => offset)).toEqual(ours)
  for (const from of [0, 12])
    for (const most of [1, 2]) {
      const parts = [...recordParts({ topic: 't', partition: 0, bytes, from, aborted: list }, most)]
      expect(parts.flatMap((part) => part.records.map(({ offset }) => offset))).toEqual(ours.filter((offset) => offset >= from))
    }
})
