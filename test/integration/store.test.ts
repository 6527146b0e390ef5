import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Postback } from '../../src/events/postback.ts'
import { sampleClick } from '../../src/events/samples.ts'
import { createFollower } from '../../src/store/changes.ts'
import { getEvent } from '../../src/store/get-event.ts'
import { isCursor, listEvents } from '../../src/store/list-events.ts'
import { lookupClick } from '../../src/store/lookup-click.ts'
import { migrate } from '../../src/store/migrate.ts'
import { select } from '../../src/store/select.ts'
import { batchOf, type Database, logOf, openDatabase, PATHS, recordsOf, writeAll } from './store-samples.ts'

const now = Date.now()
const lives = Object.entries(PATHS).map(([name, path], index) => ({
  name,
  path,
  ...recordsOf(path, {
    workspace_id: 'w1',
    // All within one millisecond or two, so that pages are cut between equal times.
    received_at: now - 60_000 - (index % 2),
    raw: { clickid: 'c1' },
    unread: { extra: name },
    reading: { transaction_id: `t-${name}`, value: '49.90', event_time: now - 90_000 },
  }),
}))
const idOf = (name: string): string => lives.find((life) => life.name === name)?.postback.postback_id ?? ''

let db: Database
beforeAll(async () => {
  db = await openDatabase()
  await writeAll(db.sink, logOf(lives), 7)
})
afterAll(() => db.close())

test('migrations are applied once, and a changed file is refused', async () => {
  expect(await migrate(db.admin, 'deploy/clickhouse', db.database)).toEqual([])
  const dir = mkdtempSync(join(tmpdir(), 'migrations-'))
  try {
    cpSync('deploy/clickhouse', dir, { recursive: true })
    writeFileSync(join(dir, '9999_more.sql'), 'CREATE TABLE IF NOT EXISTS more (a UInt8) ENGINE = MergeTree ORDER BY a;\n')
    expect(await migrate(db.admin, dir, db.database)).toEqual(['9999_more'])
    writeFileSync(join(dir, '9999_more.sql'), 'CREATE TABLE IF NOT EXISTS more (a UInt16) ENGINE = MergeTree ORDER BY a;\n')
    await expect(migrate(db.admin, dir, db.database)).rejects.toMatchObject({ code: 'migration_changed', message: /9999_more/ })
  } finally {
    rmSync(dir, { recursive: true })
  }
})

test.each(Object.keys(PATHS))('%s: status, stage, reason and deliveries', async (name) => {
  const path = PATHS[name]
  const [row] = await select<{ status: string; stage: string; why: string; value: string }>(
    db.client,
    'SELECT status, stage, why, value FROM v_events WHERE workspace_id = {ws:String} AND postback_id = {id:UUID}',
    { ws: 'w1', id: idOf(name) },
  )
  expect(row).toEqual({ status: path?.status, stage: path?.stage, why: path?.why ?? '', value: '49.9' })
  const deliveries = await select<{ destination_id: string; status: string }>(
    db.client,
    'SELECT destination_id, status FROM v_deliveries WHERE workspace_id = {ws:String} AND postback_id = {id:UUID}',
    { ws: 'w1', id: idOf(name) },
  )
  expect(Object.fromEntries(deliveries.map(({ destination_id, status }) => [destination_id, status]))).toEqual(path?.deliveries ?? {})
})

test('every column of the views has a comment', async () => {
  const bare = await select(
    db.client,
    "SELECT table, name FROM system.columns WHERE database = currentDatabase() AND startsWith(table, 'v_') AND comment = ''",
    {},
  )
  expect(bare).toEqual([])
})

test('pages hold every event once, newest first, also where many came in one millisecond', async () => {
  const seen: string[] = []
  let cursor: string | undefined
  do {
    const page = await listEvents(db.client, 'w1', { limit: 5, ...(cursor === undefined ? {} : { cursor }) })
    seen.push(...page.items.map(({ postback_id }) => postback_id))
    expect(page.items.length).toBe(page.next_cursor === null ? lives.length % 5 : 5)
    cursor = page.next_cursor ?? undefined
    expect(cursor === undefined || isCursor(cursor)).toBe(true)
  } while (cursor !== undefined)
  expect(seen.toSorted()).toEqual(lives.map(({ postback }) => postback.postback_id).toSorted())
})

test('an item has the shape of the contract', async () => {
  const { items } = await listEvents(db.client, 'w1', { q: 'T-FAILED_AND_EXP' })
  const { postback } = lives.find((life) => life.name === 'failed_and_expired') as { postback: Postback }
  expect(items).toEqual([
    {
      postback_id: postback.postback_id,
      event_id: 'e1',
      received_at: new Date(postback.received_at).toISOString(),
      event_time: new Date(now - 90_000).toISOString(),
      source_id: 's1',
      tracker: 'keitaro',
      campaign_id: 'camp-1',
      platform: 'meta',
      event: 'Purchase',
      conversion_status: 'approved',
      click_id: 'c1',
      transaction_id: 't-failed_and_expired',
      value: '49.90',
      currency: 'USD',
      status: 'failed',
      why: 'too_old',
      test: false,
      subs: {},
      deliveries: expect.toSatisfy((list: unknown[]) => list.length === 2),
    },
  ])
  expect(items[0]?.deliveries).toContainEqual({ platform: 'meta', destination_id: 'd:m', status: 'failed', why: 'refused' })
})

test.each([
  [{ status: 'failed' }, ['failed', 'failed_and_expired']],
  [{ why: 'no_event' }, ['quarantined_by_edge']],
  [{ why: 'no_consent' }, ['confirmed']],
  [{ status: 'held', why: 'case_differs' }, ['held']],
  [{ event: 'Lead' }, []],
  [{ source_id: 's2' }, []],
  [{ platform: 'google' }, []],
  [{ campaign_id: 'camp-1', status: 'failed' }, ['failed', 'failed_and_expired']],
  [{ to: now - 60_001 }, []],
  [{ q: "'; DROP TABLE events --" }, []],
])('filter %j', async (filters, names) => {
  const { items } = await listEvents(db.client, 'w1', filters)
  expect(items.map(({ postback_id }) => postback_id).toSorted()).toEqual(names.map(idOf).toSorted())
})

test('another workspace sees nothing of it', async () => {
  expect(await listEvents(db.client, 'w2', {})).toEqual({ items: [], next_cursor: null })
  expect(await getEvent(db.client, 'w2', idOf('forwarded'))).toBeNull()
})

test('an event tells its whole life', async () => {
  const event = await getEvent(db.client, 'w1', idOf('forwarded'))
  expect(event).toMatchObject({
    status: 'forwarded',
    matched_by: 'click_id',
    reading: { transaction_id: 't-forwarded', value: '49.90' },
    unread: { extra: 'forwarded' },
    raw: { clickid: 'c1' },
    problems: [],
    click: sampleClick(),
  })
  expect(event?.timeline.map(({ stage, why }) => [stage, why])).toEqual([
    ['received', undefined],
    ['matched', undefined],
    ['queued', undefined],
    ['retrying', 'timeout'],
    ['forwarded', undefined],
  ])
  expect(event?.attempts.map(({ n, verdict, http_status, request }) => [n, verdict, http_status, request])).toEqual([
    [1, 'retry', null, '{"n":1}'],
    [2, 'accepted', 200, '{"n":2}'],
  ])
})

test('a click is found byte for byte, and another spelling is named', async () => {
  const click = sampleClick({
    workspace_id: 'w1',
    click_id: 'AbC',
    ids: ['AbC', 'other'],
    received_at: now,
    clicked_at: now,
    utm: { source: 'x' },
  })
  const later = { ...click, campaign_id: 'later', received_at: now + 1 }
  const log = [click, later].map((value, offset) => ({ topic: 'clicks', partition: 0, offset, value }) as const)
  await writeAll(db.sink, log, 1)
  expect(await lookupClick(db.client, 'w1', 'AbC')).toEqual({ click: later, nearest_click_id: null })
  expect(await lookupClick(db.client, 'w1', 'aBC')).toEqual({ click: null, nearest_click_id: 'AbC' })
  expect(await lookupClick(db.client, 'w1', 'abcd')).toEqual({ click: null, nearest_click_id: null })
  expect(await lookupClick(db.client, 'w2', 'AbC')).toEqual({ click: null, nearest_click_id: null })
  expect(await select(db.client, 'SELECT click_id, campaign_id, utm FROM v_clicks', {})).toEqual([
    { click_id: 'AbC', campaign_id: 'later', utm: { source: 'x' } },
  ])
})

test('a follower hears of each change once, and gets the event as it stands', async () => {
  const { postback, outcomes } = recordsOf(PATHS.forwarded as (typeof PATHS)[string], { workspace_id: 'follow', received_at: now - 3_000 })
  const follower = createFollower(db.client, 'follow', now - 1_000)
  expect(await follower.next()).toEqual([])
  const statuses: string[] = []
  const write = (topic: 'postbacks' | 'outcomes', offset: number, value: unknown) =>
    db.sink.write([batchOf([{ topic, partition: 90, offset, value }])])
  await write('postbacks', 0, postback)
  for (const [offset, outcome] of outcomes.entries()) {
    statuses.push(...(await follower.next()).map(({ status }) => status))
    await write('outcomes', offset, outcome)
  }
  statuses.push(...(await follower.next()).map(({ status }) => status))
  expect(statuses).toEqual(['received', 'matched', 'matched', 'forwarded'])
  expect(await follower.next()).toEqual([])
})
