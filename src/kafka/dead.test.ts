import { expect, test } from 'vitest'
import { deadOf } from './dead.ts'

const record = (value: Buffer | null) => ({ topic: 't', partition: 1, offset: 2, timestampMs: 3, key: Buffer.from('k'), value })

test('poison of any size fits into the topic it is buried in', () => {
  const dead = deadOf(record(Buffer.alloc(1_000_000, 1)), 'store', new Error('no'), 9)
  expect(dead.value.length).toBeLessThan(900_000)
  expect(dead.error).toBe('no (1000000 bytes, the first 500000 are kept)')
})

test('what fits is kept whole', () => {
  expect(deadOf(record(Buffer.from('abc')), 'store', new Error('no'), 9)).toMatchObject({ key: 'k', value: 'YWJj', error: 'no', at: 9 })
  expect(deadOf(record(null), 'store', new Error('no'), 9).value).toBe('')
})
