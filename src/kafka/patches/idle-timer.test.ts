import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type RequestQueue, scheduleCheckPendingRequests } from './idle-timer.ts'
import { untouched } from './modules.ts'

const stockQueue = untouched('src/network/requestQueue/index.js') as { prototype: RequestQueue }

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 })
})
afterEach(() => {
  vi.useRealTimers()
})

/** A queue whose every check schedules the next one, as checkPendingRequests does. */
function queue(schedule: RequestQueue['scheduleCheckPendingRequests'], state: Partial<RequestQueue> = {}) {
  const made = {
    pending: [],
    throttledUntil: -1,
    throttleCheckTimeoutId: null,
    checks: 0,
    checkPendingRequests() {
      this.checks++
      this.scheduleCheckPendingRequests()
    },
    scheduleCheckPendingRequests: schedule,
    ...state,
  }
  made.scheduleCheckPendingRequests()
  return made
}

test('an idle connection has no timer; stock wakes up every millisecond', () => {
  const idleStock = queue(stockQueue.prototype.scheduleCheckPendingRequests)
  const idle = queue(scheduleCheckPendingRequests)
  vi.advanceTimersByTime(100)
  expect(idleStock.checks).toBeGreaterThan(50)
  expect(idle.checks).toBe(0)
})

test.each([
  { name: 'behind requests under way', throttledMs: -1, firstMs: 10 },
  { name: 'throttled by the broker', throttledMs: 500, firstMs: 500 },
])('what waits is looked at again: $name', ({ throttledMs, firstMs }) => {
  const waiting = queue(scheduleCheckPendingRequests, { pending: [{}], throttledUntil: throttledMs < 0 ? -1 : Date.now() + throttledMs })
  vi.advanceTimersByTime(firstMs - 1)
  expect(waiting.checks).toBe(0)
  vi.advanceTimersByTime(1)
  expect(waiting.checks).toBe(1)
})
