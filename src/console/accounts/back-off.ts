/** Counts failures by name (an account, an address) and says how long the next try has to wait. In this process alone. */
export type BackOff = {
  /** Milliseconds until the next try is looked at; 0: now. */
  waitMs(name: string, nowMs: number): number
  failed(name: string, nowMs: number): void
  succeeded(name: string): void
}

const FIRST_MS = 1_000
const LONGEST_MS = 900_000
/** A name that was quiet for so long starts anew. */
const FORGET_MS = 3_600_000
const NAMES_MAX = 10_000

/** The first `free` failures cost nothing; from then on the wait doubles from 1 s to 15 min. */
export function createBackOff(free: number): BackOff {
  const failures = new Map<string, { count: number; untilMs: number; atMs: number }>()
  return {
    waitMs: (name, nowMs) => Math.max(0, (failures.get(name)?.untilMs ?? 0) - nowMs),
    failed(name, nowMs) {
      const before = failures.get(name)
      const count = before === undefined || nowMs - before.atMs > FORGET_MS ? 1 : before.count + 1
      const delayMs = count <= free ? 0 : Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(20, count - free - 1))
      failures.delete(name) // moves it to the young end
      failures.set(name, { count, untilMs: nowMs + delayMs, atMs: nowMs })
      const [oldest] = failures.keys()
      if (failures.size > NAMES_MAX && oldest !== undefined) failures.delete(oldest)
    },
    succeeded(name) {
      failures.delete(name)
    },
  }
}
