import { afterAll, beforeAll, expect, test } from 'vitest'
import { select } from '../../src/store/select.ts'
import { type Counts, type GroupBy, type Stats, stats } from '../../src/store/stats.ts'
import { type Database, logOf, openDatabase, PATHS, type Path, recordsOf, writeAll } from './store-samples.ts'

const HOUR = 3_600_000
const start = Math.floor(Date.now() / 86_400_000) * 86_400_000 - 10 * 86_400_000
const end = start + 48 * HOUR
const names = Object.keys(PATHS)

/** The same mix in each run: every path under every tracker, over two days, with test events among them. */
const lives = Array.from({ length: names.length * 24 }, (_, n) => {
  const path = PATHS[names[n % names.length] ?? ''] as Path
  const received_at = start + ((n * 7_919) % 2_880) * 60_000
  const records = recordsOf(path, {
    workspace_id: 'w1',
    source_id: `s${n % 5}`,
    tracker: ['keitaro', 'voluum', 'generic'][n % 3] ?? '',
    received_at,
    reading: {
      event: n % 4 === 0 ? 'Lead' : 'Purchase',
      value: n % 6 === 0 ? null : `${n % 100}.${String(n % 97).padStart(2, '0')}1`,
      currency: n % 6 === 0 ? null : n % 2 === 0 ? 'USD' : 'EUR',
      test: n % 11 === 0,
    },
  })
  return { path, ...records }
})
type Life = (typeof lives)[number]

let db: Database
beforeAll(async () => {
  db = await openDatabase()
  await writeAll(db.sink, logOf(lives), 50)
})
afterAll(() => db.close())

/** Counted again from what was sent, without ClickHouse. `platform`: only deliveries to it. */
function recount(all: readonly Life[]): Counts {
  const counted = all.filter(({ postback }) => !postback.reading.test)
  const of = (stage: string) => counted.filter(({ path }) => path.stage === stage)
  const tally = (items: readonly string[]) =>
    Object.fromEntries([...Map.groupBy(items, (item) => item)].map(([item, list]) => [item, list.length]))
  const micros: Record<string, bigint> = {}
  for (const { postback } of of('matched')) {
    const { value, currency } = postback.reading
    if (value !== null) micros[currency ?? ''] = (micros[currency ?? ''] ?? 0n) + BigInt(Math.round(Number(value) * 1e6))
  }
  const stages = ['suppressed', 'queued', 'retrying', 'blocked', 'expired', 'failed', 'forwarded', 'confirmed'] as const
  const deliveries = counted.flatMap(({ path }) =>
    Object.entries(path.deliveries ?? {}).map(([id, stage]) => ({ platform: PLATFORM_OF[id], stage })),
  )
  const platform = (id: string) => {
    const list = deliveries.filter((delivery) => delivery.platform === id).map(({ stage }) => stage)
    const by = tally(list)
    const counts = Object.fromEntries(stages.map((stage) => [stage, by[stage] ?? 0])) as Counts['platforms'][string]
    return { ...counts, forwarded: counts.forwarded + counts.confirmed }
  }
  const [matched, unmatched, held] = [of('matched').length, of('unmatched').length, of('held').length]
  return {
    received: counted.length,
    duplicate: of('duplicate').length,
    quarantined: of('quarantined').length,
    deferred: of('deferred').length,
    held,
    matched,
    unmatched,
    success_rate: matched + unmatched + held === 0 ? null : matched / (matched + unmatched + held),
    unmatched_by: tally(of('unmatched').map(({ path }) => path.outcomes.findLast(({ stage }) => stage === 'unmatched')?.why ?? '')),
    value_by_currency: Object.fromEntries(Object.entries(micros).map(([currency, sum]) => [currency, decimal(sum)])),
    platforms: { meta: platform('meta'), google: platform('google'), tiktok: platform('tiktok') },
  }
}
const PLATFORM_OF: Readonly<Record<string, string>> = { 'd:m': 'meta', dg: 'google' }
const decimal = (micros: bigint): string => {
  const text = String(micros).padStart(7, '0')
  return `${text.slice(0, -6)}.${text.slice(-6)}`.replace(/\.?0+$/, '')
}

test('totals are those of a recount', async () => {
  const expected = recount(lives)
  expect(expected.matched).toBeGreaterThan(100)
  expect(await stats(db.client, 'w1', { from: start, to: end })).toEqual(expected)
})

test('a part of the range counts what came in it', async () => {
  const [from, to] = [start + 5 * HOUR, start + 6 * HOUR]
  const part = lives.filter(({ postback }) => postback.received_at >= from && postback.received_at < to)
  expect(part.length).toBeGreaterThan(3)
  expect(await stats(db.client, 'w1', { from, to })).toEqual(recount(part))
})

const keyOf: Readonly<Record<Exclude<GroupBy, 'platform'>, (life: Life) => string | null>> = {
  tracker: ({ postback }) => postback.tracker,
  source: ({ postback }) => postback.source_id,
  campaign: ({ path }) => (path.stage === 'matched' ? 'camp-1' : null),
  event: ({ postback }) => postback.reading.event,
  currency: ({ postback }) => postback.reading.currency,
}
test.each(Object.entries(keyOf))('groups by %s are those of a recount', async (group_by, key) => {
  const { groups } = (await stats(db.client, 'w1', { from: start, to: end, group_by: group_by as GroupBy })) as Required<Stats>
  const expected = [...Map.groupBy(lives, key)].map(([name, list]) => ({ key: name, ...recount(list) }))
  const byKey = (a: { key: string | null }, b: { key: string | null }) => String(a.key).localeCompare(String(b.key))
  expect(groups.toSorted(byKey)).toEqual(expected.toSorted(byKey))
})

test('grouped by platform, an event counts under its click and a delivery under where it goes', async () => {
  const { groups = [], platforms } = await stats(db.client, 'w1', { from: start, to: end, group_by: 'platform' })
  const group = (key: string | null) => groups.find((one) => one.key === key)
  expect(group('meta')).toMatchObject({ matched: recount(lives).matched, unmatched: 0, success_rate: 1 })
  expect(group(null)).toMatchObject({ matched: 0, success_rate: 0 })
  expect(group('google')).toMatchObject({ received: 0, platforms: { google: platforms.google } })
})

test.each([
  ['hour', 'UTC', 0],
  ['day', 'UTC', 0],
  ['day', 'Asia/Kolkata', 5.5 * HOUR],
] as const)('buckets by %s in %s are those of a recount', async (bucket, tz, shiftMs) => {
  const size = bucket === 'day' ? 24 * HOUR : HOUR
  const startOf = ({ postback }: Life) => Math.floor((postback.received_at + shiftMs) / size) * size - shiftMs
  const { buckets } = await stats(db.client, 'w1', { from: start, to: end, bucket, tz })
  const counted = lives.filter(({ postback }) => !postback.reading.test)
  const expected = [...Map.groupBy(counted, startOf)].sort(([a], [b]) => a - b)
  expect(buckets).toEqual(expected.map(([at, list]) => ({ at: new Date(at).toISOString(), ...recount(list) })))
})

test('nothing in the range is zeros, and no rate', async () => {
  expect(await stats(db.client, 'w1', { from: start - HOUR, to: start, group_by: 'tracker', bucket: 'hour' })).toEqual({
    ...recount([]),
    groups: [],
    buckets: [],
  })
})

test('the hourly view agrees', async () => {
  const [row] = await select(
    db.client,
    `SELECT sum(received) AS received, sum(matched) AS matched, sum(unmatched) AS unmatched, sum(held) AS held, sum(duplicate) AS duplicate,
       sum(quarantined) AS quarantined FROM v_success_rate_hourly WHERE workspace_id = {ws:String}`,
    { ws: 'w1' },
  )
  const { received, matched, unmatched, held, duplicate, quarantined } = recount(lives)
  expect(row).toEqual({ received, matched, unmatched, held, duplicate, quarantined })
})
