import { expect, test } from 'vitest'
import { createMetrics } from '../observe/metrics.ts'
import { createPressure, Overloaded } from './pressure.ts'

const MB = 1_000_000
function pressureAt(storage = { bytes: 0 }) {
  let nowMs = 0
  const pressure = createPressure({ storageBytes: () => storage.bytes, metrics: createMetrics(), nowMs: () => nowMs })
  const after = (ms: number) => {
    nowMs += ms
    pressure.tick(nowMs)
  }
  const sharePerMille = () => Array.from({ length: 1_000 }, () => pressure.shed()).filter(Boolean).length
  return { pressure, after, sharePerMille }
}

test('a loop in time refuses nobody, a late one a growing share, a dead one all, and it comes back', () => {
  const { pressure, after, sharePerMille } = pressureAt({ bytes: MB })
  after(20)
  expect(sharePerMille()).toBe(0)
  for (let n = 0; n < 6; n++) after(200)
  expect(sharePerMille()).toBeGreaterThan(280)
  expect(sharePerMille()).toBeLessThan(320)
  after(1_000)
  expect(sharePerMille()).toBe(1_000)
  for (let n = 0; n < 30; n++) after(20)
  expect(sharePerMille()).toBe(0)
  pressure.close()
})

test('one long pause is no overload: nobody is refused for it', () => {
  const { pressure, after, sharePerMille } = pressureAt()
  for (const ms of [20, 3_000, 20, 400, 20]) after(ms)
  expect(sharePerMille()).toBe(0)
  pressure.close()
})

test('refusing-must-free-something: a loop that is late while little is under way refuses nobody, and some once there is more', () => {
  const storage = { bytes: 20_000 }
  const { pressure, after, sharePerMille } = pressureAt(storage)
  for (let n = 0; n < 20; n++) after(1_000)
  expect(sharePerMille()).toBe(0)
  storage.bytes = 10_000
  pressure.hold(80_000)
  expect(sharePerMille()).toBe(1_000)
  pressure.close()
})

test('bytes that are held have a bound, with those that wait for the broker', () => {
  const storage = { bytes: 0 }
  const { pressure } = pressureAt(storage)
  pressure.hold(40 * MB)
  expect(() => pressure.hold(10 * MB)).toThrow(Overloaded)
  expect(pressure.shed()).toBe(false)
  storage.bytes = 10 * MB
  expect(pressure.shed()).toBe(true)
  pressure.release(40 * MB)
  expect(pressure.shed()).toBe(false)
  pressure.close()
})
