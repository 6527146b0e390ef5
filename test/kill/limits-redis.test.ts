import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { createLimiter } from '../../src/edge/limits/limiter.ts'
import { createRedisExchange } from '../../src/edge/limits/redis.ts'
import type { Stack } from '../../src/local/stack-file.ts'
import { createMetrics } from '../../src/observe/metrics.ts'
import { drained, ownEdge } from '../support/own-edge.ts'
import { type OwnRedis, ownRedis } from '../support/redis.ts'
import { settled } from '../support/run-through.ts'
import { auditSingles, fireSingles } from '../support/singles.ts'
import { ownWorkspace, sourceOf } from '../support/workspace.ts'

let redis: OwnRedis
beforeAll(async () => {
  redis = await ownRedis()
  await redis.start()
})
afterAll(() => redis.end())

const RATE = { rate_limit_per_min: 1_000, over_limit: 'defer' } as const
const START = 1_800_000_000_000

test('R5: three edges over one Redis with 80, 15 and 5 % of 3,000 events in 60 s let 1,000 through, +-10 %, and know one backlog', async () => {
  let nowMs = START
  const metrics = createMetrics()
  const limiters = [0, 1, 2].map(() =>
    createLimiter({
      exchange: createRedisExchange(redis.url, () => undefined),
      shares: 1,
      nowMs: () => nowMs,
      metrics,
      report: () => undefined,
    }),
  )
  const alone = async () => Number(/limit_alone_total (\d+)/.exec(await metrics.registry.metrics())?.[1] ?? 0)
  await settled(
    async () => {
      const before = await alone()
      for (const one of limiters) one.take('warm', RATE, false)
      await Promise.all(limiters.map((one) => one.exchange()))
      return (await alone()) - before
    },
    (failed) => failed === 0,
    10_000,
  )
  let live = 0
  let deferred = 0
  for (let n = 0; n < 3_000; n++) {
    nowMs = START + n * 20
    const edge = n % 20 < 16 ? 0 : n % 20 < 19 ? 1 : 2
    const taken = limiters[edge]?.take('r5', RATE, false)
    live += taken?.live ?? 0
    deferred += taken?.deferred ?? 0
    // Every 200 ms of the time that is told; the exchange of the timer may be under way.
    if (n % 10 === 0) for (const one of limiters) await one.exchange()
  }
  expect(live + deferred).toBe(3_000)
  expect(live).toBeGreaterThanOrEqual(900)
  expect(live).toBeLessThanOrEqual(1_100)
  await Promise.all(limiters.map((one) => one.close()))
})

test('R6: Redis is killed and comes back, and is slow: no sender sees anything of it, and it is told', { timeout: 120_000 }, async () => {
  const stack = await ownWorkspace(inject('stack') as Stack)
  const edge = await ownEdge(stack, inject('stackFile'), { env: { REDIS_URL: redis.url } })
  try {
    await edge.start()
    const key = new URL(sourceOf(stack, 'generic').postback_url)
    const mark = `r6${Date.now().toString(36)}`
    const load = fireSingles(() => `${edge.url}${key.pathname}${key.search}`, { mark, chains: 10, perSecond: 100 })
    const median = (from: number) => {
      const ms = load.accepted
        .slice(from)
        .map((one) => one.ms)
        .sort((a, b) => a - b)
      return ms[Math.floor(ms.length / 2)] ?? Number.NaN
    }
    await sleep(3_000)
    const well = { median: median(0), count: load.accepted.length, alone: await edge.metric('postback_limit_alone_total') }
    process.kill(redis.pid(), 'SIGSTOP')
    await sleep(3_000)
    process.kill(redis.pid(), 'SIGCONT')
    const slow = { median: median(well.count), count: load.accepted.length }
    await redis.kill()
    await sleep(3_000)
    const away = { median: median(slow.count), alone: await edge.metric('postback_limit_alone_total') }
    await redis.start()
    const ask = async () => {
      const before = await edge.metric('postback_limit_alone_total')
      await sleep(600)
      return (await edge.metric('postback_limit_alone_total')) - before
    }
    expect(await settled(ask, (more) => more === 0, 20_000)).toBe(0)
    await load.stop()
    console.log(JSON.stringify({ well, slow, away, longest_ms: load.longestMs }))
    expect(load.refused).toEqual({})
    await drained(edge)
    expect(await auditSingles(stack, stack.workspace.id, load, mark)).toMatchObject({ missing: 0, outOfOrder: [] })
    expect(away.alone).toBeGreaterThan(well.alone)
    // Who waited for Redis would have waited half a second.
    expect(Math.max(slow.median, away.median) - well.median).toBeLessThan(100)
  } finally {
    await edge.end('SIGKILL')
  }
})

test('two edges over one Redis keep one limit', { timeout: 120_000 }, async () => {
  const stack = await ownWorkspace(inject('stack') as Stack, { rate_limit_per_min: 200 })
  const edges = await Promise.all([0, 1].map(() => ownEdge(stack, inject('stackFile'), { env: { REDIS_URL: redis.url } })))
  try {
    await Promise.all(edges.map((edge) => edge.start()))
    const key = new URL(sourceOf(stack, 'generic', 'backend').postback_url)
    const statuses: number[] = []
    for (let n = 0; n < 300; n++) {
      const edge = edges[n % 4 === 0 ? 1 : 0]
      const { status } = await fetch(`${edge?.url}${key.pathname}${key.search}&event=Lead&click_id=two${n}&transaction_id=t${n}`)
      statuses.push(status)
      await sleep(20)
    }
    const passed = statuses.filter((status) => status === 200).length
    expect(statuses.filter((status) => status !== 200 && status !== 429)).toEqual([])
    expect(passed).toBeGreaterThanOrEqual(180)
    expect(passed).toBeLessThanOrEqual(220)
  } finally {
    await Promise.all(edges.map((edge) => edge.end('SIGKILL')))
  }
})
