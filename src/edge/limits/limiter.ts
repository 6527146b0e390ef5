import type { Metrics } from '../../observe/metrics.ts'
import type { Settings } from '../../workspaces/schema.ts'
import { BUCKETS, type Counts, createCounts, secondsUntil } from './counts.ts'
import { type Draining, drained, type Exchange, type Told } from './exchange.ts'

export type Rate = Pick<Settings, 'rate_limit_per_min' | 'over_limit'>
export type Taken = {
  /** The first so many of the events may go on at once. */
  readonly live: number
  /** The next so many wait for their turn. What is left of them is refused. */
  readonly deferred: number
  /** null: nothing is refused. */
  readonly why: 'limit' | 'ceiling' | 'backlog' | null
  /** Of the window, after these. */
  readonly left: number
  /** After so many seconds one event more fits. */
  readonly resetS: number
}

export type Limiter = {
  /** Asks for some events of a workspace and counts them. `strict`: what is over the limit is refused and not deferred. */
  take(workspaceId: string, rate: Rate, strict: boolean, events?: number): Taken
  /** What `take` of one event would say, counting nothing: whether a body is worth reading. */
  peek(workspaceId: string, rate: Rate, strict: boolean): Taken
  /** Tells the others and hears of them; by a timer. */
  exchange(): Promise<void>
  close(): Promise<void>
}

/** Beyond so many times the limit everybody is refused. */
const CEILING = 20
/** So long a backlog at the permitted rate is refused, and so long a one is told. */
const BACKLOG_MAX_MIN = 24 * 60
const BACKLOG_TOLD_MIN = 60
const TELL_BACKLOG_EVERY_S = 60
const EXCHANGE_EVERY_MS = 100

type Kept = {
  /** Ours. */
  readonly live: Counts
  readonly deferred: Counts
  /** Of the other processes, as far as we have heard. */
  readonly othersLive: Counts
  readonly othersDeferred: Counts
  /** What the others have not been told yet, by second. */
  untold: Map<number, [live: number, deferred: number]>
  backlog: Draining
  perMinute: number
  usedAt: number
  toldBacklogAt: number
}

/** Events of a workspace in any 60 s, by what this process counts and what it has last heard of others. Nobody waits for them: while
 *  they are away, it goes by its own count alone, and says so. */
export function createLimiter(deps: {
  readonly exchange: Exchange | null
  /** Edges that share this limit without an exchange. */
  readonly shares: number
  readonly nowMs: () => number
  readonly metrics: Pick<Metrics, 'count'>
  readonly report: (level: 'info' | 'warn' | 'error', fields: object, message: string) => void
}): Limiter {
  const { exchange, shares, nowMs, metrics, report } = deps
  const workspaces = new Map<string, Kept>()
  let telling: Promise<void> | null = null
  let sweptAt = 0
  const nowS = (): number => Math.floor(nowMs() / 1_000)

  function of(workspaceId: string, perMinute: number, now: number): Kept {
    let kept = workspaces.get(workspaceId)
    if (kept === undefined) {
      const [live, deferred, othersLive, othersDeferred] = [createCounts(), createCounts(), createCounts(), createCounts()]
      const backlog = { events: 0, atSecond: now }
      kept = { live, deferred, othersLive, othersDeferred, untold: new Map(), backlog, perMinute, usedAt: now, toldBacklogAt: 0 }
      workspaces.set(workspaceId, kept)
    }
    kept.perMinute = perMinute
    kept.usedAt = now
    return kept
  }

  function judge(kept: Kept, rate: Rate, strict: boolean, events: number, now: number): Taken {
    const limit = kept.perMinute
    const lives = kept.live.sum(now) + kept.othersLive.sum(now)
    const room = Math.max(0, limit - lives)
    const below = Math.max(0, limit * CEILING - lives - kept.deferred.sum(now) - kept.othersDeferred.sum(now))
    const isBacklogFull = drained(kept.backlog, now, limit) > limit * BACKLOG_MAX_MIN
    const live = isBacklogFull ? 0 : Math.min(events, room, below)
    const mayDefer = !strict && rate.over_limit === 'defer' && !isBacklogFull
    const deferred = mayDefer ? Math.min(events - live, below - live) : 0
    const refused = events - live - deferred
    const why = refused === 0 ? null : isBacklogFull ? 'backlog' : mayDefer || below <= live ? 'ceiling' : 'limit'
    const left = room - live
    return { live, deferred, why, left, resetS: isBacklogFull ? BUCKETS : left > 0 && why === null ? 0 : secondsLeft(kept, why, live, now) }
  }

  /** At least one: a Retry-After of none would be told to who was just refused. */
  function secondsLeft(kept: Kept, why: Taken['why'], live: number, now: number): number {
    const lives = [kept.live, kept.othersLive]
    const [counts, most] =
      why === 'ceiling' ? [[...lives, kept.deferred, kept.othersDeferred], kept.perMinute * CEILING] : [lives, kept.perMinute]
    return Math.max(1, secondsUntil(counts, now, most - live, 1))
  }

  function note(kept: Kept, workspaceId: string, { live, deferred }: Taken, now: number): void {
    if (live === 0 && deferred === 0) return
    kept.live.add(now, live)
    kept.deferred.add(now, deferred)
    if (exchange !== null) {
      const untold = kept.untold.get(now) ?? [0, 0]
      kept.untold.set(now, [untold[0] + live, untold[1] + deferred])
    }
    if (deferred === 0) return
    kept.backlog = { events: drained(kept.backlog, now, kept.perMinute) + deferred, atSecond: now }
    const minutes = Math.round(kept.backlog.events / kept.perMinute)
    if (minutes < BACKLOG_TOLD_MIN || now - kept.toldBacklogAt < TELL_BACKLOG_EVERY_S) return
    kept.toldBacklogAt = now
    report('error', { workspace_id: workspaceId, minutes, per_minute: kept.perMinute }, 'limit.backlog')
  }

  const limitOf = (rate: Rate): number => Math.max(1, Math.floor(rate.rate_limit_per_min / shares))

  /** One at a time: who asks while one is under way waits for it. */
  function exchangeOnce(): Promise<void> {
    telling ??= tell().finally(() => {
      telling = null
    })
    return telling
  }

  async function tell(): Promise<void> {
    if (exchange === null) return
    const now = nowS()
    sweep(now)
    const asked = [...workspaces].filter(([, kept]) => kept.untold.size > 0 || kept.usedAt > now - BUCKETS)
    const told: Told[] = asked.map(([workspaceId, kept]) => ({
      workspaceId,
      perMinute: kept.perMinute,
      counted: [...kept.untold].map(([second, [live, deferred]]) => [second, live, deferred] as const),
    }))
    // Told or not: what was told and not heard of must not be told twice, for then events would wait for nothing.
    for (const [, kept] of asked) kept.untold = new Map()
    try {
      for (const [index, heard] of (await exchange.tell(now, told)).entries()) {
        const kept = asked[index]?.[1]
        if (kept === undefined) continue
        for (const [second, live, deferred] of heard.totals) {
          const [untoldLive, untoldDeferred] = kept.untold.get(second) ?? [0, 0]
          kept.othersLive.set(second, Math.max(0, live - (kept.live.at(second) - untoldLive)))
          kept.othersDeferred.set(second, Math.max(0, deferred - (kept.deferred.at(second) - untoldDeferred)))
        }
        const untoldDeferred = [...kept.untold.values()].reduce((sum, [, deferred]) => sum + deferred, 0)
        kept.backlog = { events: heard.backlog + untoldDeferred, atSecond: now }
      }
    } catch {
      metrics.count('limit_alone_total')
    }
  }

  function sweep(now: number): void {
    if (now - sweptAt < BUCKETS) return
    sweptAt = now
    for (const [id, kept] of workspaces)
      if (kept.usedAt < now - BUCKETS && drained(kept.backlog, now, kept.perMinute) < 1) workspaces.delete(id)
  }

  const timer = setInterval(() => void (exchange === null ? sweep(nowS()) : exchangeOnce()), EXCHANGE_EVERY_MS)
  timer.unref()
  return {
    take(workspaceId, rate, strict, events = 1) {
      const now = nowS()
      const kept = of(workspaceId, limitOf(rate), now)
      const taken = judge(kept, rate, strict, events, now)
      note(kept, workspaceId, taken, now)
      if (taken.deferred > 0) metrics.count('limit_events_total', { outcome: 'deferred' }, taken.deferred)
      if (taken.why !== null) metrics.count('limit_events_total', { outcome: taken.why }, events - taken.live - taken.deferred)
      return taken
    },
    peek(workspaceId, rate, strict) {
      const now = nowS()
      return judge(of(workspaceId, limitOf(rate), now), rate, strict, 1, now)
    },
    exchange: exchangeOnce,
    async close() {
      clearInterval(timer)
      await exchange?.close()
    },
  }
}
