import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createPaced } from './paced.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

/** Runs that take `tookMs`; their starts. */
function paced(tookMs: number) {
  const starts: number[] = []
  const zero = Date.now()
  const run = () => {
    starts.push(Date.now() - zero)
    return new Promise<void>((done) => setTimeout(done, tookMs))
  }
  return { starts, ...createPaced(run, 100, Date.now) }
}

test('many asks cost one run, and what was asked during a run is not forgotten', async () => {
  const { starts, ask } = paced(10)
  ask()
  ask()
  await vi.advanceTimersByTimeAsync(1_000)
  expect(starts).toEqual([0, 110])
  await vi.advanceTimersByTimeAsync(1_000)
  expect(starts).toHaveLength(2)
})

test('a slow run is followed by a longer rest', async () => {
  const { starts, ask } = paced(500)
  ask()
  await vi.advanceTimersByTimeAsync(3_000)
  expect(starts).toEqual([0, 2_000])
})

test('nothing runs after the stop', async () => {
  const { starts, ask, stop } = paced(10)
  ask()
  stop()
  await vi.advanceTimersByTimeAsync(1_000)
  expect(starts).toEqual([0])
})
