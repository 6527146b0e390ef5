import { expect, test } from 'vitest'
import { backOffMs, tierFor } from './tiers.ts'

test.each([
  [0, '10s'],
  [9_999, '10s'],
  [59_999, '10s'],
  [60_000, '1m'],
  [3_599_999, '10m'],
  [90_000_000, '6h'],
])('a wait of %i ms goes to %s', (waitMs, tier) => {
  expect(tierFor(waitMs)).toBe(tier)
})

test.each([
  [1, 0, 10_000],
  [2, 0, 60_000],
  [5, 0, 21_600_000],
  [9, 0, 21_600_000],
  [1, 30_000, 30_000],
  [1, 1e23, 86_400_000],
  [1, 30_000.5, 30_001],
])('after attempt %i, asked for %i ms: %i', (attempts, askedMs, expected) => {
  expect(backOffMs(attempts, askedMs)).toBe(expected)
})
