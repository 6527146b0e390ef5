import { randomUUID } from 'node:crypto'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inject } from 'vitest'
import type { Outcome } from '../../src/events/outcome.ts'
import type { Postback } from '../../src/events/postback.ts'
import { sampleClick, sampleOutcome, samplePostback } from '../../src/events/samples.ts'
import type { DeliveryStage, Stage, Status } from '../../src/events/stages.ts'
import { createMetrics } from '../../src/observe/metrics.ts'
import { type ClickHouseSettings, createStoreClient } from '../../src/store/client.ts'
import { migrate } from '../../src/store/migrate.ts'
import { rowsOf, type StoreTopic } from '../../src/store/rows.ts'
import { createSink, type RowBatch, type Sink } from '../../src/store/sink.ts'

const stack = inject('stack' as never) as { clickhouse_url?: string } | undefined
export const clickhouseUrl = process.env.CLICKHOUSE_URL ?? stack?.clickhouse_url ?? ''

export const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined }
export const settingsFor = (url: string, database?: string): ClickHouseSettings => ({
  url,
  username: 'default',
  password: '',
  ...(database === undefined ? {} : { database }),
})

/** A database of its own with all migrations, its sink, and its end. */
export async function openDatabase(url = clickhouseUrl) {
  const database = `test_${randomUUID().slice(0, 8)}`
  const admin = createStoreClient(settingsFor(url))
  await migrate(admin, 'deploy/clickhouse', database)
  const client = createStoreClient(settingsFor(url, database))
  const stop = new AbortController()
  const sink = createSink({ client, log: silent, metrics: createMetrics(), signal: stop.signal })
  return {
    database,
    client,
    admin,
    sink,
    async close() {
      stop.abort()
      await admin.command({ query: `DROP DATABASE ${database}` })
      await Promise.all([admin.close(), client.close()])
    },
  }
}
export type Database = Awaited<ReturnType<typeof openDatabase>>

/** A database with these migrations alone; `catchUp` brings the others. */
export async function openOldDatabase(...names: string[]) {
  const dir = mkdtempSync(join(tmpdir(), 'migrations-'))
  const database = `test_${randomUUID().slice(0, 8)}`
  const admin = createStoreClient(settingsFor(clickhouseUrl))
  for (const name of names) cpSync(`deploy/clickhouse/${name}.sql`, join(dir, `${name}.sql`))
  await migrate(admin, dir, database)
  const client = createStoreClient(settingsFor(clickhouseUrl, database))
  return {
    client,
    catchUp: () => migrate(admin, 'deploy/clickhouse', database),
    async close() {
      rmSync(dir, { recursive: true })
      await admin.command({ query: `DROP DATABASE IF EXISTS ${database}` })
      await Promise.all([admin.close(), client.close()])
    },
  }
}

export type LogRecord = { readonly topic: StoreTopic; readonly partition: number; readonly offset: number; readonly value: unknown }

/** Consecutive records of one partition as the store would batch them. */
export function batchOf(records: readonly LogRecord[]): RowBatch {
  const first = records[0]
  const last = records.at(-1)
  if (first === undefined || last === undefined) throw new Error('a batch has records')
  return {
    topic: first.topic,
    partition: first.partition,
    firstOffset: first.offset,
    nextOffset: last.offset + 1,
    rows: records.flatMap(({ topic, value, partition, offset }) => rowsOf(topic, value, { partition, offset })),
  }
}

/** Writes a log in flushes of at most `size` records per partition. */
export async function writeAll(sink: Sink, records: readonly LogRecord[], size: number): Promise<void> {
  const partitions = [...Map.groupBy(records, ({ topic, partition }) => `${topic}/${partition}`).values()]
  const longest = Math.max(...partitions.map((list) => list.length))
  for (let from = 0; from < longest; from += size) {
    const batches = partitions.map((list) => list.slice(from, from + size)).filter((list) => list.length > 0)
    await sink.write(batches.map(batchOf))
  }
}

type Place = readonly [platform: 'meta' | 'google' | 'tiktok', destination_id: string]
const m: Place = ['meta', 'd:m']
const g: Place = ['google', 'dg']
const to = ([platform, destination_id]: Place, stage: DeliveryStage, why: string | null = null) => ({
  platform,
  destination_id,
  stage,
  why,
})
const attempt = (n: number, verdict: 'accepted' | 'retry' | 'refused') => ({
  n,
  latency_ms: 20 + n,
  request: `{"n":${n}}`,
  http_status: verdict === 'retry' ? null : 200,
  response: '{}',
  verdict,
  trace_id: null,
})
const matched = (...deliveries: Outcome['deliveries']): Partial<Outcome> => ({
  stage: 'matched',
  matched_by: 'click_id',
  campaign_id: 'camp-1',
  platform: 'meta',
  click: sampleClick(),
  deliveries,
})

export type Path = {
  readonly postback?: Partial<Postback>
  readonly outcomes: readonly Partial<Outcome>[]
  readonly status: Status
  readonly stage: Stage
  readonly why?: string
  readonly deliveries?: Readonly<Record<string, DeliveryStage>>
}

/** Lives of a conversion: what is written, in its order, and how it must look then. */
export const PATHS: Readonly<Record<string, Path>> = {
  received: { outcomes: [], status: 'received', stage: 'received' },
  deferred: { postback: { lane: 'deferred' }, outcomes: [], status: 'deferred', stage: 'deferred' },
  released: {
    postback: { lane: 'deferred' },
    outcomes: [{ stage: 'held', why: 'click_not_seen' }],
    status: 'held',
    stage: 'held',
    why: 'click_not_seen',
  },
  quarantined_by_edge: {
    postback: { quarantined: 'no_event' },
    outcomes: [],
    status: 'quarantined',
    stage: 'quarantined',
    why: 'no_event',
  },
  quarantined: {
    outcomes: [{ stage: 'quarantined', why: 'source_revoked' }],
    status: 'quarantined',
    stage: 'quarantined',
    why: 'source_revoked',
  },
  duplicate: { outcomes: [{ stage: 'duplicate' }], status: 'duplicate', stage: 'duplicate' },
  held: { outcomes: [{ stage: 'held', why: 'case_differs', nearest_click_id: 'C1' }], status: 'held', stage: 'held', why: 'case_differs' },
  unmatched: {
    outcomes: [{ stage: 'unmatched', why: 'macro_unreplaced' }],
    status: 'unmatched',
    stage: 'unmatched',
    why: 'macro_unreplaced',
  },
  held_then_unmatched: {
    outcomes: [
      { stage: 'held', why: 'click_not_seen' },
      { stage: 'unmatched', why: 'click_not_seen' },
    ],
    status: 'unmatched',
    stage: 'unmatched',
    why: 'click_not_seen',
  },
  matched_alone: { outcomes: [matched()], status: 'matched', stage: 'matched' },
  held_then_matched: {
    outcomes: [{ stage: 'held', why: 'click_not_seen' }, matched(to(m, 'queued'))],
    status: 'matched',
    stage: 'matched',
    deliveries: { 'd:m': 'queued' },
  },
  unmatched_then_matched: {
    outcomes: [{ stage: 'unmatched', why: 'click_not_seen' }, matched(to(m, 'queued'))],
    status: 'matched',
    stage: 'matched',
    deliveries: { 'd:m': 'queued' },
  },
  suppressed: {
    outcomes: [matched(to(m, 'suppressed', 'rule'))],
    status: 'matched',
    stage: 'matched',
    deliveries: { 'd:m': 'suppressed' },
  },
  retrying: {
    outcomes: [matched(to(m, 'queued')), { deliveries: [to(m, 'retrying', 'timeout')], attempt: attempt(1, 'retry') }],
    status: 'matched',
    stage: 'matched',
    deliveries: { 'd:m': 'retrying' },
  },
  blocked_then_retrying: {
    outcomes: [matched(to(m, 'queued')), { deliveries: [to(m, 'blocked', 'token')] }, { deliveries: [to(m, 'retrying', 'throttled')] }],
    status: 'matched',
    stage: 'matched',
    deliveries: { 'd:m': 'retrying' },
  },
  forwarded: {
    outcomes: [
      matched(to(m, 'queued')),
      { deliveries: [to(m, 'retrying', 'timeout')], attempt: attempt(1, 'retry') },
      { deliveries: [to(m, 'forwarded')], attempt: attempt(2, 'accepted') },
    ],
    status: 'forwarded',
    stage: 'matched',
    deliveries: { 'd:m': 'forwarded' },
  },
  confirmed: {
    outcomes: [
      matched(to(g, 'queued'), to(m, 'suppressed', 'no_consent')),
      { deliveries: [to(g, 'forwarded')] },
      { deliveries: [to(g, 'confirmed')] },
    ],
    status: 'forwarded',
    stage: 'matched',
    deliveries: { dg: 'confirmed', 'd:m': 'suppressed' },
  },
  sent_unmatched: {
    outcomes: [{ stage: 'unmatched', why: 'click_not_seen', deliveries: [to(m, 'queued')] }, { deliveries: [to(m, 'forwarded')] }],
    status: 'forwarded',
    stage: 'unmatched',
    deliveries: { 'd:m': 'forwarded' },
  },
  failed: {
    outcomes: [
      matched(to(m, 'queued'), to(g, 'suppressed', 'rule')),
      { deliveries: [to(m, 'failed', 'refused')], attempt: attempt(1, 'refused') },
    ],
    status: 'failed',
    stage: 'matched',
    why: 'refused',
    deliveries: { 'd:m': 'failed', dg: 'suppressed' },
  },
  failed_and_expired: {
    outcomes: [
      matched(to(m, 'queued'), to(g, 'queued')),
      { deliveries: [to(m, 'failed', 'refused')] },
      { deliveries: [to(g, 'expired', 'too_old')] },
    ],
    status: 'failed',
    stage: 'matched',
    why: 'too_old',
    deliveries: { 'd:m': 'failed', dg: 'expired' },
  },
  failed_and_queued: {
    outcomes: [matched(to(m, 'queued'), to(g, 'queued')), { deliveries: [to(m, 'failed', 'refused')] }],
    status: 'matched',
    stage: 'matched',
    deliveries: { 'd:m': 'failed', dg: 'queued' },
  },
  failed_and_forwarded: {
    outcomes: [
      matched(to(m, 'queued'), to(g, 'queued')),
      { deliveries: [to(m, 'failed', 'refused')] },
      { deliveries: [to(g, 'forwarded')] },
    ],
    status: 'forwarded',
    stage: 'matched',
    deliveries: { 'd:m': 'failed', dg: 'forwarded' },
  },
  failed_then_resent: {
    outcomes: [matched(to(m, 'queued')), { deliveries: [to(m, 'failed', 'refused')] }, { deliveries: [to(m, 'retrying', 'throttled')] }],
    status: 'matched',
    stage: 'matched',
    deliveries: { 'd:m': 'retrying' },
  },
}

/** The records of one life, in the order of its topics. `given` are facts of the postback. */
export function recordsOf(path: Path, given: Parameters<typeof samplePostback>[0] = {}): { postback: Postback; outcomes: Outcome[] } {
  const postback = samplePostback({ postback_id: randomUUID(), ...given, ...path.postback, reading: given.reading ?? {} })
  const outcomes = path.outcomes.map(
    (outcome, index): Outcome => sampleOutcome(postback, { at: postback.received_at + 100 * (index + 1), ...outcome }),
  )
  return { postback, outcomes }
}

/** Lays records into partitions as Kafka would: all of one postback in one partition, offsets counted from 0. */
export function logOf(lives: readonly { postback: Postback; outcomes: Outcome[] }[], partitions = 3): LogRecord[] {
  const next = new Map<string, number>()
  const append = (topic: StoreTopic, partition: number, value: unknown): LogRecord => {
    const offset = next.get(`${topic}/${partition}`) ?? 0
    next.set(`${topic}/${partition}`, offset + 1)
    return { topic, partition, offset, value }
  }
  return lives.flatMap(({ postback, outcomes }, index) => [
    append('postbacks', index % partitions, postback),
    ...outcomes.map((outcome) => append('outcomes', index % partitions, outcome)),
  ])
}
