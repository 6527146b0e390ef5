import type { Metrics } from '../observe/metrics.ts'

/** Thrown out of a request that the process has no room for; nothing of it was kept. */
export class Overloaded extends Error {
  override readonly name = 'Overloaded'
}

/** What keeps the process from taking more than it can hold: who is refused is refused at once, before the body. */
export type Pressure = {
  /** Whether this request is to be refused. */
  shed(): boolean
  /** Counts bytes of bodies that are held. Throws Overloaded beyond the bound; then they are not counted. */
  hold(bytes: number): void
  release(bytes: number): void
  /** One look at the clock; on its own by a timer. */
  tick(nowMs: number): void
  close(): void
}

/** Bodies that were read and records on their way, in bytes. What is made of a body takes some times as much. */
const HELD_MAX_BYTES = 48_000_000
const TICK_MS = 20
/** So late may the loop be. */
const LATE_MS = 150
/** Nobody is taken any more: what came is a second old. */
const TOO_LATE_MS = 750
/** A collection of garbage or a pause of the machine is no overload: only what is late so often in a row is. */
const LATE_TICKS = 4
/** A hundred postbacks. With less under way it is others that keep the process from running, and who is refused makes room for nobody. */
const WORTH_REFUSING_BYTES = 65_536
const SHARE_UP = 0.1
const SHARE_DOWN = 0.04

/** `storageBytes`: what waits for the broker or the disk. */
export function createPressure(deps: {
  readonly storageBytes: () => number
  readonly metrics: Pick<Metrics, 'count' | 'gauge'>
  readonly nowMs?: () => number
}): Pressure {
  const { storageBytes, metrics, nowMs = () => performance.now() } = deps
  let heldBytes = 0
  let lastMs = nowMs()
  let lateTicks = 0
  /** Of requests that are refused, 0 to 1; `owed` spreads them evenly. */
  let share = 0
  let owed = 0

  const tick = (now: number): void => {
    const lateMs = now - lastMs - TICK_MS
    lastMs = now
    lateTicks = lateMs > LATE_MS ? lateTicks + 1 : 0
    if (lateTicks >= LATE_TICKS) share = lateMs > TOO_LATE_MS ? 1 : Math.min(1, share + SHARE_UP)
    else share = Math.max(0, share - SHARE_DOWN)
    metrics.gauge('edge_shed_share', share)
  }
  const timer = setInterval(() => tick(nowMs()), TICK_MS)
  timer.unref()

  const refuse = (why: string): true => {
    metrics.count('edge_shed_total', { why })
    return true
  }
  return {
    shed() {
      const bytes = heldBytes + storageBytes()
      if (bytes > HELD_MAX_BYTES) return refuse('bytes')
      if (bytes < WORTH_REFUSING_BYTES) return false
      owed += share
      if (owed < 1) return false
      owed -= 1
      return refuse('delay')
    },
    hold(bytes) {
      if (heldBytes + bytes + storageBytes() > HELD_MAX_BYTES) {
        metrics.count('edge_shed_total', { why: 'bytes' })
        throw new Overloaded()
      }
      heldBytes += bytes
    },
    release(bytes) {
      heldBytes -= bytes
    },
    tick,
    close: () => clearInterval(timer),
  }
}
