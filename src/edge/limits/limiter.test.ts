import { expect, test } from 'vitest'
import { createMetrics } from '../../observe/metrics.ts'
import type { Exchange } from './exchange.ts'
import { createHub } from './hub.ts'
import { createLimiter, type Limiter } from './limiter.ts'

const RATE = { rate_limit_per_min: 1_000, over_limit: 'defer' } as const
const START = 1_800_000_000_000

function world(edges = 1, exchange: Exchange | null = edges > 1 ? createHub() : null) {
  let nowMs = START
  const metrics = createMetrics()
  const told: unknown[] = []
  const limiters = Array.from({ length: edges }, () =>
    createLimiter({ exchange, shares: 1, nowMs: () => nowMs, metrics, report: (_level, fields) => told.push(fields) }),
  )
  return {
    limiters,
    limiter: limiters[0] as Limiter, // there is one at least
    metrics,
    told,
    now: () => nowMs,
    to(ms: number) {
      nowMs = START + ms
    },
  }
}

/** The most events within any 60 s. */
function worst(times: readonly number[]): number {
  let [from, most] = [0, 0]
  for (let to = 0; to < times.length; to++) {
    while ((times[to] ?? 0) - (times[from] ?? 0) >= 60_000) from++
    most = Math.max(most, to - from + 1)
  }
  return most
}

test('R1: 1,000 in five seconds on a fresh workspace pass, and the next waits', () => {
  const { limiter, to } = world()
  for (let n = 0; n < 1_000; n++) {
    to(n * 5)
    expect(limiter.take('acme', RATE, false)).toMatchObject({ live: 1, deferred: 0, why: null })
  }
  expect(limiter.take('acme', RATE, false)).toMatchObject({ live: 0, deferred: 1, why: null })
})

test.each([false, true])('R2, R3, R4: of 3,000 evenly in 60 s 980 to 1,000 pass, never more in any 60 s; strict: %s', (strict) => {
  const { limiter, to, now } = world()
  const live: number[] = []
  let over = 0
  for (let n = 0; n < 15_000; n++) {
    to(n * 20)
    const { live: passed, deferred, why } = limiter.take('acme', RATE, strict)
    if (passed === 1) live.push(now())
    else over += strict ? Number(why === 'limit') : deferred
    if (n === 2_999) {
      expect(live.length).toBeGreaterThanOrEqual(980)
      expect(live.length).toBeLessThanOrEqual(1_000)
      expect(over).toBe(3_000 - live.length)
    }
  }
  expect(worst(live)).toBeLessThanOrEqual(1_000)
  expect(live.length).toBeGreaterThan(5 * 960)
})

test('R3: waiting as long as was told succeeds', () => {
  const { limiter, to } = world()
  to(500)
  limiter.take('acme', RATE, true, 400)
  to(20_700)
  limiter.take('acme', RATE, true, 600)
  to(30_000)
  const { why, resetS } = limiter.take('acme', RATE, true)
  expect(why).toBe('limit')
  to(30_000 + (resetS - 1) * 1_000)
  expect(limiter.peek('acme', RATE, true).why).toBe('limit')
  to(30_000 + resetS * 1_000)
  expect(limiter.take('acme', RATE, true)).toMatchObject({ live: 1, why: null })
})

test('a batch costs its events: the first pass, the rest waits or is refused', () => {
  const { limiter } = world()
  expect(limiter.take('acme', RATE, false, 600)).toMatchObject({ live: 600, deferred: 0 })
  expect(limiter.take('acme', RATE, false, 600)).toMatchObject({ live: 400, deferred: 200, why: null, left: 0 })
  expect(limiter.take('acme', { ...RATE, over_limit: 'reject' }, false, 10)).toMatchObject({ live: 0, deferred: 0, why: 'limit' })
})

test('at twenty times the limit everyone is refused, until the window has moved on', () => {
  const { limiter, to } = world()
  expect(limiter.take('acme', RATE, false, 25_000)).toMatchObject({ live: 1_000, deferred: 19_000, why: 'ceiling' })
  const { why, resetS } = limiter.take('acme', RATE, false)
  expect(why).toBe('ceiling')
  to(resetS * 1_000)
  expect(limiter.take('acme', RATE, false).why).toBeNull()
})

test('a backlog of an hour is told, one of a day is refused, and it drains at the permitted rate', () => {
  const { limiter, to, told } = world()
  let minute = 0
  for (; limiter.take('acme', RATE, false, 20_000).why !== 'backlog'; minute++) to(minute * 61_000)
  expect(minute).toBeGreaterThan(70)
  expect(told.length).toBeGreaterThan(10)
  expect(told[0]).toMatchObject({ workspace_id: 'acme', per_minute: 1_000 })
  to(minute * 61_000 + 24 * 3_600_000)
  expect(limiter.take('acme', RATE, false).why).toBeNull()
})

test('R5: three edges with 80, 15 and 5 % of 3,000 events in 60 s let 1,000 through, +-10 %', async () => {
  const { limiters, to } = world(3)
  let live = 0
  for (let n = 0; n < 3_000; n++) {
    to(n * 20)
    const edge = n % 20 < 16 ? 0 : n % 20 < 19 ? 1 : 2
    live += limiters[edge]?.take('acme', RATE, true).live ?? 0
    if (n % 5 === 0) await Promise.all(limiters.map((one) => one.exchange()))
  }
  expect(live).toBeGreaterThanOrEqual(900)
  expect(live).toBeLessThanOrEqual(1_100)
})

test('R6: while the others cannot be reached each goes by its own count, and says so', async () => {
  const away: Exchange = { tell: () => Promise.reject(new Error('away')), close: () => Promise.resolve() }
  const { limiters, metrics } = world(2, away)
  for (const limiter of limiters) {
    expect(limiter.take('acme', RATE, true, 1_000).live).toBe(1_000)
    await limiter.exchange()
    expect(limiter.take('acme', RATE, true).why).toBe('limit')
  }
  expect(await metrics.registry.metrics()).toMatch(/limit_alone_total 2/)
})

test('R8: a limit that is raised holds at once', () => {
  const { limiter } = world()
  expect(limiter.take('acme', RATE, false, 1_500)).toMatchObject({ live: 1_000, deferred: 500 })
  expect(limiter.take('acme', { ...RATE, rate_limit_per_min: 2_000 }, false, 500)).toMatchObject({ live: 500, deferred: 0 })
})

test('one workspace takes nothing of another', () => {
  const { limiter } = world()
  limiter.take('acme', RATE, false, 5_000)
  expect(limiter.take('other', RATE, false, 1_000).live).toBe(1_000)
})
