import { expect, test } from 'vitest'
import { expectedOf } from './expected.ts'

test('the first of a transaction counts, what follows is its duplicate, and a record twice is one conversion', () => {
  const log = ['a', 'b', 'a', 'c', 'd'].map((postbackId, at) => ({ postbackId, transaction: [1, 2, 1, 1, 3][at] ?? 0 }))
  const { endings, times } = expectedOf(log, (transaction) => transaction !== 2)
  expect([...endings]).toEqual([
    ['a', 'matched'],
    ['b', 'held'],
    ['c', 'duplicate'],
    ['d', 'matched'],
  ])
  expect([...times]).toEqual([['a', 2]])
})
