import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createPace } from './pace.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

async function begins(pace: (nodeId: number) => Promise<void>, nodeId: number): Promise<number> {
  const begunMs = performance.now()
  const begun = pace(nodeId).then(() => performance.now() - begunMs)
  await vi.runAllTimersAsync()
  return begun
}

test('fetches from one broker begin so far apart', async () => {
  const pace = createPace(25)
  expect(await begins(pace, 1)).toBe(0)
  expect(await begins(pace, 1)).toBe(25)
  vi.advanceTimersByTime(10)
  expect(await begins(pace, 1)).toBe(15)
})

test('a fetch that took longer is followed at once, and brokers do not wait for each other', async () => {
  const pace = createPace(25)
  await begins(pace, 1)
  expect(await begins(pace, 2)).toBe(0)
  vi.advanceTimersByTime(25)
  expect(await begins(pace, 1)).toBe(0)
})
