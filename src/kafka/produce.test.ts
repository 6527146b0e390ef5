import { expect, test } from 'vitest'
import { createRequestBounds, offsetsOf, toBatch } from './produce.ts'
import type { OutRecord } from './record.ts'

const record = (topic: string, partition: number, value = 'v'): OutRecord => ({ topic, partition, key: null, value: Buffer.from(value) })
const answer = (topicName: string, partition: number, baseOffset: string, errorCode = 0) => ({
  topicName,
  partition,
  baseOffset,
  errorCode,
})

test('one request for all, in order per topic', () => {
  const batch = toBatch([record('a', 1, '1'), record('b', 0, '2'), record('a', 0, '3')], 5_000)
  expect(batch.topicMessages?.map(({ topic, messages }) => [topic, messages.map(({ value }) => String(value))])).toEqual([
    ['a', ['1', '3']],
    ['b', ['2']],
  ])
  expect(batch.acks).toBe(-1)
})

test.each([
  {
    name: 'base offset and place in the batch make the offset',
    answers: [answer('a', 0, '10'), answer('a', 1, '7'), answer('b', 0, '0')],
    offsets: [10, 7, 11, 0],
  },
  { name: 'a partition that is not listed is not acknowledged', answers: [answer('a', 0, '10')], offsets: [10, undefined, 11, undefined] },
  {
    name: 'an error is not an acknowledgement',
    answers: [answer('a', 0, '10'), answer('a', 1, '-1', 6), answer('b', 0, '0')],
    offsets: [10, undefined, 11, 0],
  },
])('$name', ({ answers, offsets }) => {
  expect(offsetsOf([record('a', 0), record('a', 1), record('a', 0), record('b', 0)], answers)).toEqual(offsets)
})

test('once a partition is full, nothing small slips in after what did not fit', () => {
  const bounds = createRequestBounds({ maxBytes: 100, maxRecords: 10 })
  expect([60, 60, 10].map((bytes) => bounds.fits(record('a', 0), bytes))).toEqual([true, false, false])
  expect(bounds.fits(record('a', 1), 60)).toBe(true)
})

test('a record alone is taken whatever its size', () => {
  expect(createRequestBounds({ maxBytes: 100, maxRecords: 10 }).fits(record('a', 0), 1_000)).toBe(true)
})
