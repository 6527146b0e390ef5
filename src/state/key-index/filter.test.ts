import { expect, test } from 'vitest'
import { filterFor } from './filter.ts'

test('a filter never denies what it holds, and of a hundred others it denies ninety-eight', () => {
  const filter = filterFor(10_000)
  const hash = (n: number): [number, number] => [Math.imul(n, 0x9e3779b1) >>> 0, Math.imul(n ^ 0x5bd1e995, 0x85ebca6b) >>> 0]
  for (let n = 0; n < 10_000; n++) filter.add(...hash(n))
  for (let n = 0; n < 10_000; n++) expect(filter.mayHold(...hash(n))).toBe(true)
  let wrong = 0
  for (let n = 10_000; n < 110_000; n++) if (filter.mayHold(...hash(n))) wrong++
  expect(wrong).toBeLessThan(2_000)
})
