const FIRST_MS = 200
const MAX_MS = 5_000
const STEADY_AFTER_MS = 10_000

/** How long a process that has ended waits for its next start, in milliseconds: not at all when it ran for ten seconds, and twice as long
 *  each time when it did not. `lastMs`: how long it waited before its last start; 0 if that was the
 *  first. */
export const restartWaitMs = (ranMs: number, lastMs: number): number =>
  ranMs >= STEADY_AFTER_MS ? 0 : Math.min(Math.max(lastMs * 2, FIRST_MS), MAX_MS)
