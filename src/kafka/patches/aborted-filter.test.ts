import { expect, test } from 'vitest'
import { type AbortedTransaction, filterAbortedMessages, type Message } from './aborted-filter.ts'
import { untouched } from './modules.ts'

type Filter = typeof filterAbortedMessages
const stockFilter = untouched('src/consumer/filterAbortedMessages.js') as Filter

const ABORT = Buffer.from([0, 0, 0, 0])
const COMMIT = Buffer.from([0, 0, 0, 1])
function message(offset: number, producer: number, marker?: Buffer, key?: Buffer): Message {
  return {
    offset: String(offset),
    timestamp: '0',
    key: marker ?? key ?? Buffer.from(`k${offset}`),
    value: null,
    isControlRecord: marker !== undefined,
    batchContext: { producerId: String(producer), inTransaction: true },
  }
}
const aborted = (...list: [producer: number, firstOffset: number][]): AbortedTransaction[] =>
  list.map(([producerId, firstOffset]) => ({ producerId: String(producerId), firstOffset: String(firstOffset) }))
const delivered = (filter: Filter, messages: Message[], abortedTransactions: AbortedTransaction[]): number[] =>
  filter({ messages, abortedTransactions }).flatMap((m) => (m.isControlRecord ? [] : [Number(m.offset)]))

const overlapping = [
  message(10, 1),
  message(11, 2),
  message(12, 3),
  message(13, 2, ABORT),
  message(14, 1),
  message(15, 1, ABORT),
  message(16, 3, COMMIT),
]
const early = [message(20, 1), message(21, 2), message(22, 2, ABORT), message(23, 1, ABORT), message(24, 1)]

test.each([
  { name: 'listed in the order they ended', messages: overlapping, list: aborted([2, 11], [1, 10]), stock: [10, 12], ours: [12] },
  { name: 'begun before the fetch', messages: early, list: aborted([9, 3], [1, 5], [2, 7]), stock: [20, 21, 24], ours: [24] },
])('transactions that overlap, $name: stock hands out aborted records, ours does not', ({ messages, list, stock, ours }) => {
  expect(delivered(stockFilter, messages, list)).toEqual(stock)
  expect(delivered(filterAbortedMessages, messages, list)).toEqual(ours)
})

test('a record whose key looks like an abort marker ends nothing', () => {
  const messages = [message(1, 1, undefined, ABORT), message(2, 1), message(3, 1, ABORT)]
  expect(delivered(stockFilter, messages, aborted([1, 1]))).toEqual([1, 2])
  expect(delivered(filterAbortedMessages, messages, aborted([1, 1]))).toEqual([])
})

test('without aborted transactions everything passes', () => {
  expect(delivered(filterAbortedMessages, overlapping, [])).toEqual([10, 11, 12, 14])
  expect(filterAbortedMessages({ messages: overlapping })).toBe(overlapping)
})
