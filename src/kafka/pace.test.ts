import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createPace, type Pace } from './pace.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const MUCH = 1_000

/** Milliseconds until the fetch began. */
async function waits(pace: Pace, nodeId: number, bytes: readonly number[] = [1]): Promise<number> {
  const askedMs = performance.now()
  let begunMs = Number.NaN
  const fetched = pace(nodeId, async () => {
    begunMs = performance.now()
    return bytes.map((one) => ({ bytes: one }))
  })
  await vi.runAllTimersAsync()
  expect(await fetched).toEqual(bytes.map((one) => ({ bytes: one })))
  return begunMs - askedMs
}

test('fetches from one broker begin so far apart', async () => {
  const pace = createPace(25, MUCH)
  expect(await waits(pace, 1)).toBe(0)
  expect(await waits(pace, 1)).toBe(25)
  vi.advanceTimersByTime(10)
  expect(await waits(pace, 1)).toBe(15)
})

test('a fetch that took longer is followed at once, and brokers do not wait for each other', async () => {
  const pace = createPace(25, MUCH)
  await waits(pace, 1)
  expect(await waits(pace, 2)).toBe(0)
  vi.advanceTimersByTime(25)
  expect(await waits(pace, 1)).toBe(0)
})

test('a fetch that left more behind is followed at once', async () => {
  const pace = createPace(25, MUCH)
  await waits(pace, 1, [MUCH / 2, MUCH / 2])
  expect(await waits(pace, 1, [MUCH - 1])).toBe(0)
  expect(await waits(pace, 1)).toBe(25)
})

test('a fetch that failed is one that was made', async () => {
  const pace = createPace(25, MUCH)
  await expect(pace(1, () => Promise.reject(new Error('gone')))).rejects.toThrow('gone')
  expect(await waits(pace, 1)).toBe(25)
})
