/** The buckets that a promise about any 60 s needs: the oldest second may have begun up to a second before the 60 s did. */
export const BUCKETS = 61

/** Events by second over the last 61 s. Seconds are whole seconds since 1970. */
export type Counts = {
  add(second: number, events: number): void
  /** Replaces what was known of a second. */
  set(second: number, events: number): void
  at(second: number): number
  /** Of the 61 s that end with this second. */
  sum(second: number): number
}

export function createCounts(): Counts {
  const seconds = new Float64Array(BUCKETS)
  const events = new Int32Array(BUCKETS)
  /** The bucket of a second, emptied when it held an older one; null when it holds a newer one. */
  const bucket = (second: number): number | null => {
    const at = second % BUCKETS
    const held = seconds[at] ?? 0
    if (held > second) return null
    if (held < second) {
      seconds[at] = second
      events[at] = 0
    }
    return at
  }
  /** The last sum, kept right as events are added: within a second it is asked for every request. */
  let summedAt = -1
  let summed = 0
  const isWithin = (second: number, now: number): boolean => second > now - BUCKETS && second <= now
  return {
    add(second, count) {
      const at = bucket(second)
      if (at === null) return
      events[at] = (events[at] ?? 0) + count
      if (isWithin(second, summedAt)) summed += count
    },
    set(second, count) {
      const at = bucket(second)
      if (at === null) return
      events[at] = count
      summedAt = -1
    },
    at: (second) => (seconds[second % BUCKETS] === second ? (events[second % BUCKETS] ?? 0) : 0),
    sum(now) {
      if (now === summedAt) return summed
      let sum = 0
      for (let at = 0; at < BUCKETS; at++) if (isWithin(seconds[at] ?? 0, now)) sum += events[at] ?? 0
      summedAt = now
      summed = sum
      return sum
    },
  }
}

/** After how many seconds so many events fit under the limit, when nothing else comes; 61 when they never do before all is over. */
export function secondsUntil(counts: readonly Counts[], now: number, limit: number, events: number): number {
  let sum = counts.reduce((all, one) => all + one.sum(now), 0)
  for (let waited = 0; waited < BUCKETS; waited++) {
    if (sum + events <= limit) return waited
    const leaves = now + waited - BUCKETS + 1
    sum -= counts.reduce((all, one) => all + one.at(leaves), 0)
  }
  return BUCKETS
}
