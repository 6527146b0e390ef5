import { stock } from './modules.ts'

export type RequestQueue = {
  pending: unknown[]
  throttledUntil: number
  throttleCheckTimeoutId: NodeJS.Timeout | null
  checkPendingRequests(): void
  scheduleCheckPendingRequests(): void
}

const PENDING_CHECK_MS = 10

/** Stock re-arms a timer after every check, with a negative delay when nothing is throttled: 1 ms for ever on every
 *  connection, and a TimeoutNegativeWarning. A timer is needed only while something waits. */
export function scheduleCheckPendingRequests(this: RequestQueue): void {
  if (this.throttleCheckTimeoutId !== null || this.pending.length === 0) return
  const throttledMs = this.throttledUntil - Date.now()
  this.throttleCheckTimeoutId = setTimeout(
    () => {
      this.throttleCheckTimeoutId = null
      this.checkPendingRequests()
    },
    throttledMs > 0 ? throttledMs : PENDING_CHECK_MS,
  )
}

export function applyIdleTimer(): void {
  const queue = stock('src/network/requestQueue/index.js') as { prototype: RequestQueue }
  queue.prototype.scheduleCheckPendingRequests = scheduleCheckPendingRequests
}
