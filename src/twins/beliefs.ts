const HOUR_MS = 3_600_000
/** The oldest go first. */
const BELIEFS_MAX = 1_000_000

/** A conversion as the platform counts it. `count_raw` is how often it was told of it. */
export type Belief = {
  destination: string
  event: string
  event_id: string | null
  value: number | null
  currency: string | null
  count_raw: number
}

export type Beliefs = {
  /** The first within `windowMs` counts, the others are repeats. Without an id each counts. */
  firstWins(told: Omit<Belief, 'count_raw'>, windowMs: number, nowMs: number): void
  /** The last one's value and currency count. Without an id each counts. */
  lastWins(told: Omit<Belief, 'count_raw'>): void
  list(): Belief[]
  clear(): void
}

export const TWO_DAYS_MS = 48 * HOUR_MS

/** What a platform believes after its own deduplication. */
export function createBeliefs(): Beliefs {
  const believed = new Map<string, { belief: Belief; sinceMs: number }>()
  const current = new Map<string, string>()
  let serial = 0

  function add(key: string | null, told: Omit<Belief, 'count_raw'>, nowMs: number): void {
    serial += 1
    const entry = `${serial}`
    believed.set(entry, { belief: { ...told, count_raw: 1 }, sinceMs: nowMs })
    if (key !== null) current.set(key, entry)
    if (believed.size > BELIEFS_MAX) forgetOldest()
  }

  function forgetOldest(): void {
    const [entry, old] = believed.entries().next().value ?? []
    if (entry === undefined || old === undefined) return
    believed.delete(entry)
    const key = keyOf(old.belief)
    if (key !== null && current.get(key) === entry) current.delete(key)
  }

  const known = (key: string | null) => (key === null ? undefined : believed.get(current.get(key) ?? ''))

  return {
    firstWins(told, windowMs, nowMs) {
      const key = keyOf(told)
      const before = known(key)
      if (before !== undefined && nowMs - before.sinceMs <= windowMs) before.belief.count_raw += 1
      else add(key, told, nowMs)
    },
    lastWins(told) {
      const key = keyOf(told)
      const before = known(key)
      if (before === undefined) add(key, told, 0)
      else Object.assign(before.belief, { value: told.value, currency: told.currency, count_raw: before.belief.count_raw + 1 })
    },
    list: () => [...believed.values()].map(({ belief }) => belief),
    clear() {
      believed.clear()
      current.clear()
    },
  }
}

const keyOf = ({ destination, event, event_id }: Omit<Belief, 'count_raw'>): string | null =>
  event_id === null ? null : JSON.stringify([destination, event, event_id])
