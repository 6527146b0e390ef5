import type { Consumer } from 'kafkajs'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { LiveGroup } from './patches/groups.ts'
import { createWatchdog } from './watchdog.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

/** One partition at `position` of a log that ends at `end`. */
function watched(state: { position: number; end: number; paused?: boolean; busy?: boolean; fetchesPerTick?: number }) {
  const told: unknown[] = []
  let onFetch = (): void => undefined
  const consumer = {
    events: { FETCH: 'fetch' },
    on: (_event: string, listener: () => void) => {
      onFetch = listener
    },
    paused: () => (state.paused === true ? [{ topic: 'clicks', partitions: [0] }] : []),
  }
  const watchdog = createWatchdog({
    group: () => ({ offsetManager: { nextOffset: () => String(state.position) } }) as unknown as LiveGroup,
    consumer: consumer as unknown as Consumer,
    assignment: () => new Map([['clicks', [0]]]),
    offsets: async () => new Map([[0, { end: state.end }]]),
    isBusy: () => state.busy === true,
    fatal: (error) => told.push(error),
    tickMs: 1_000,
  })
  const tick = async (times: number): Promise<void> => {
    for (let i = 0; i < times; i++) {
      for (let fetch = 0; fetch < (state.fetchesPerTick ?? 5); fetch++) onFetch()
      await vi.advanceTimersByTimeAsync(1_000)
    }
  }
  return { state, told, tick, watchdog }
}

test('a position that stands still before the end is the end of the process', async () => {
  const { told, tick, watchdog } = watched({ position: 5, end: 9 })
  await tick(6)
  expect(told).toEqual([])
  await tick(1)
  expect(told).toMatchObject([{ code: 'position_stuck', message: expect.stringContaining('clicks/0 stands at 5') }])
  watchdog.stop()
})

test.each([
  { name: 'there is nothing more to read', state: { position: 9, end: 9 } },
  { name: 'the partition is paused', state: { position: 5, end: 9, paused: true } },
  { name: 'a batch of it is under way, while other brokers are fetched from', state: { position: 5, end: 9, busy: true } },
  { name: 'nothing is fetched, since a batch takes long', state: { position: 5, end: 9, fetchesPerTick: 1 } },
])('standing still is right when $name', async ({ state }) => {
  const { told, tick, watchdog } = watched(state)
  await tick(50)
  expect(told).toEqual([])
  watchdog.stop()
})

test('moving on begins the count anew', async () => {
  const { state, told, tick, watchdog } = watched({ position: 5, end: 9 })
  await tick(5)
  state.position = 6
  await tick(6)
  expect(told).toEqual([])
  watchdog.stop()
})
