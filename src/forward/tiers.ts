import { RETRY_TIERS, type RetryTier } from '../../topics/index.ts'

const TIERS = (Object.entries(RETRY_TIERS) as [RetryTier, number][]).sort(([, a], [, b]) => a - b)

/** Attempts before `retries_exhausted`: 10 s, 1 min, 10 min, 1 h and then every 6 h, a little over two days in all. */
export const ATTEMPTS_MAX = 12

/** The longest tier that is over when the wait is, else the shortest: what waits longer goes through several. */
export function tierFor(waitMs: number): RetryTier {
  return (TIERS.findLast(([, delayMs]) => delayMs <= waitMs) ?? TIERS[0] ?? ['10s', 0])[0]
}

/** A platform that asks for more is asked again all the same. */
const ASKED_MAX_MS = 86_400_000

/** How long to wait after the n-th failed attempt (1 is the first); never shorter than the platform asked for. */
export function backOffMs(attempts: number, askedMs = 0): number {
  const [, delayMs] = TIERS[Math.min(attempts, TIERS.length) - 1] ?? ['10s', RETRY_TIERS['10s']]
  return Math.max(delayMs, Math.min(Math.round(askedMs), ASKED_MAX_MS))
}
