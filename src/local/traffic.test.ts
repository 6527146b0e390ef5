import fc from 'fast-check'
import { expect, test } from 'vitest'
import { pace } from './traffic.ts'

test('over a second of any ticks it fires the rate, whatever the ticks are', () =>
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 2_000 }),
      fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 50 }),
      (rate, ticks) => {
        const due = pace(rate)
        const fired = ticks.reduce((sum, tick) => sum + due(tick), 0)
        const owed = (ticks.reduce((sum, tick) => sum + tick, 0) / 1_000) * rate
        expect(Math.abs(fired - owed)).toBeLessThanOrEqual(1)
      },
    ),
  ))

test('a machine that slept does not make up for it at once', () => expect(pace(100)(60_000)).toBe(100))
test('less than one a second is fired now and then', () => {
  const due = pace(0.5)
  expect(Array.from({ length: 8 }, () => due(1_000))).toEqual([0, 1, 0, 1, 0, 1, 0, 1])
})
