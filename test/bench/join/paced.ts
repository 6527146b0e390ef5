import { randomUUIDv7 } from 'node:crypto'
import { setTimeout as sleep, setImmediate as yieldNow } from 'node:timers/promises'
import type { Burst } from '../burst.ts'
import { type Stolen, stolen, stolenShareSince } from '../cpu.ts'
import { percentile } from '../figures.ts'
import type { Outcomes } from '../outcomes.ts'

/** Of a process that has just started: V8 still compiles what it does, and what gathers meanwhile has to be worked off. */
const WARM_UP_MS = 20_000
const AT_ONCE = 32
const WINDOW_MS = 10_000
const LAST_OUTCOMES_WITHIN_MS = 60_000

export type Paced = {
  readonly p50Ms: number | null
  readonly p99Ms: number | null
  readonly counted: number
  /** Of what came while the process was warming up, which is not among the counted. */
  readonly warmUpP99Ms: number | null
  /** Of every `WINDOW_MS` of them. */
  readonly p99MsOfWindows: readonly number[]
  /** Of the machine's CPU time, what its host gave to others meanwhile: 0 to 1. */
  readonly stolenShare: number
}

/** Postbacks at an even rate, whatever becomes of them: milliseconds from when each was due to be written until its outcome
 *  could be read, so that a stall is not hidden. */
export async function paced(burst: Burst, outcomes: Outcomes, pace: { readonly ratePerS: number; readonly forMs: number }): Promise<Paced> {
  const { ratePerS, forMs } = pace
  const waiting = new Map<string, number>()
  const warmUp: number[] = []
  const windows = new Map<number, number[]>()
  const startedMs = performance.now() + WARM_UP_MS
  outcomes.onOutcome = (postbackId) => {
    const dueMs = waiting.get(postbackId)
    if (dueMs === undefined) return
    waiting.delete(postbackId)
    const window = Math.floor((dueMs - startedMs) / WINDOW_MS)
    const latencies = window < 0 ? warmUp : windows.getOrInsertComputed(window, () => [])
    latencies.push(performance.now() - dueMs)
  }
  let failed: unknown
  let sent = 0
  let before: Stolen | null = null
  const total = Math.floor(((WARM_UP_MS + forMs) * ratePerS) / 1_000)
  while (sent < total) {
    const dueMs = startedMs - WARM_UP_MS + (sent * 1_000) / ratePerS
    if (dueMs >= startedMs) before ??= stolen()
    if (dueMs > performance.now()) await sleep(1)
    else {
      const postbackId = randomUUIDv7()
      waiting.set(postbackId, dueMs)
      burst.one(postbackId).catch((error: unknown) => {
        failed ??= error
      })
      sent++
      if (sent % AT_ONCE === 0) await yieldNow() // else a sender that is behind would never let a request go
    }
    if (failed !== undefined) throw failed
  }
  const stolenShare = before === null ? 0 : stolenShareSince(before)
  const giveUpAt = performance.now() + LAST_OUTCOMES_WITHIN_MS
  while (waiting.size > 0 && performance.now() < giveUpAt) await sleep(20)
  if (waiting.size > 0) throw new Error(`${waiting.size} of ${sent} postbacks had no outcome within ${LAST_OUTCOMES_WITHIN_MS / 1_000} s.`)
  const latencies = [...windows.values()].flat()
  return {
    p50Ms: percentile(latencies, 0.5),
    p99Ms: percentile(latencies, 0.99),
    counted: latencies.length,
    warmUpP99Ms: percentile(warmUp, 0.99),
    p99MsOfWindows: [...windows.values()].map((window) => percentile(window, 0.99) ?? 0),
    stolenShare,
  }
}
