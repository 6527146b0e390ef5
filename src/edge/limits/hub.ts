import { BUCKETS } from './counts.ts'
import { type Draining, drained, type Exchange, type Heard, type Told } from './exchange.ts'

type Kept = { readonly seconds: Map<number, [live: number, deferred: number]>; backlog: Draining; usedAt: number }

/** The counts of all edge processes of one machine, in the memory of the one that started them. */
export function createHub(): Exchange {
  const workspaces = new Map<string, Kept>()
  let sweptAt = 0

  function hear(now: number, { workspaceId, perMinute, counted }: Told): Heard {
    const kept: Kept = workspaces.get(workspaceId) ?? { seconds: new Map(), backlog: { events: 0, atSecond: now }, usedAt: now }
    workspaces.set(workspaceId, kept)
    kept.usedAt = now
    let deferredNow = 0
    for (const [second, live, deferred] of counted) {
      const sum = kept.seconds.get(second) ?? [0, 0]
      kept.seconds.set(second, [sum[0] + live, sum[1] + deferred])
      deferredNow += deferred
    }
    for (const second of kept.seconds.keys()) if (second <= now - BUCKETS) kept.seconds.delete(second)
    kept.backlog = { events: drained(kept.backlog, now, perMinute) + deferredNow, atSecond: now }
    return {
      workspaceId,
      totals: [...kept.seconds].map(([second, [live, deferred]]) => [second, live, deferred]),
      backlog: kept.backlog.events,
    }
  }

  return {
    async tell(now, told) {
      const heard = told.map((one) => hear(now, one))
      if (now - sweptAt >= BUCKETS) {
        sweptAt = now
        for (const [id, kept] of workspaces) if (kept.usedAt < now - BUCKETS && kept.backlog.events < 1) workspaces.delete(id)
      }
      return heard
    },
    close: () => Promise.resolve(),
  }
}
