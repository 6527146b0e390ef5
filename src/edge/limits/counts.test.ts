import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BUCKETS, createCounts, secondsUntil } from './counts.ts'

const START = 1_800_000_000
const step = fc.oneof(
  fc.record({ do: fc.constant('add' as const), back: fc.nat(3), events: fc.nat(50) }),
  fc.record({ do: fc.constant('set' as const), back: fc.nat(70), events: fc.nat(50) }),
  fc.record({ do: fc.constant('wait' as const), seconds: fc.nat(90) }),
)

test('sums are those of a list of all that came', () =>
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const counts = createCounts()
      const all = new Map<number, number>()
      let now = START
      for (const one of steps) {
        if (one.do === 'wait') now += one.seconds
        // What is told of a second that has left the window must not push out one that is in it.
        else if (one.back < BUCKETS) {
          const second = now - one.back
          if (one.do === 'add') counts.add(second, one.events)
          else counts.set(second, one.events)
          all.set(second, one.do === 'add' ? (all.get(second) ?? 0) + one.events : one.events)
        }
        const expected = [...all].reduce((sum, [second, events]) => sum + (second > now - BUCKETS && second <= now ? events : 0), 0)
        expect(counts.sum(now)).toBe(expected)
        expect(counts.sum(now)).toBe(expected)
      }
    }),
    { numRuns: 300 },
  ))

test('what is told of a second long gone leaves what is in the window alone', () => {
  const counts = createCounts()
  counts.add(START, 5)
  counts.set(START - BUCKETS, 7)
  expect(counts.sum(START)).toBe(5)
})

test('after how many seconds one more fits', () => {
  const counts = createCounts()
  counts.add(START, 4)
  counts.add(START + 10, 6)
  expect(secondsUntil([counts], START + 10, 10, 1)).toBe(BUCKETS - 10)
  expect(secondsUntil([counts], START + 10, 10, 5)).toBe(BUCKETS)
  expect(secondsUntil([counts], START + 10, 11, 1)).toBe(0)
})
