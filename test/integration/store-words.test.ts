import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import type { Outcome } from '../../src/events/outcome.ts'
import type { Postback } from '../../src/events/postback.ts'
import { sampleOutcome, samplePostback } from '../../src/events/samples.ts'
import { getEvent } from '../../src/store/get-event.ts'
import { listEvents } from '../../src/store/list-events.ts'
import { select } from '../../src/store/select.ts'
import { stats } from '../../src/store/stats.ts'
import { keptUnmapped, unmappedWords } from '../../src/store/unmapped.ts'
import { batchOf, type Database, type LogRecord, openDatabase, openOldDatabase } from './store-samples.ts'

const NOW = Date.now()
let db: Database
beforeAll(async () => {
  db = await openDatabase()
})
afterAll(() => db.close())

const outcomeOf = (postback: Postback, at: number, given: Partial<Outcome>): Outcome => sampleOutcome(postback, { at, ...given })

type End = Pick<Outcome, 'stage' | 'why' | 'matched_by'>
const ENDS = {
  held: { stage: 'held', why: 'click_not_seen', matched_by: null },
  duplicate: { stage: 'duplicate', why: null, matched_by: null },
  unmatched: { stage: 'unmatched', why: 'click_not_seen', matched_by: null },
  matched: { stage: 'matched', why: null, matched_by: 'click_id' },
} as const satisfies Record<string, End>

/** A postback whose word had no meaning, and what it became once it had one. */
function lifeOf(workspace_id: string, why: string, end: End) {
  const before = samplePostback({
    postback_id: randomUUID(),
    workspace_id,
    received_at: NOW - 60_000,
    quarantined: why,
    raw: { click_id: 'c1', event: 'dep2' },
    // The greater of both in the order of texts is the wrong one.
    reading: { event: null, raw_event: 'dep2', event_id: 'z-before', conversion_status: 'rejected', subs: { sub1: 'blue', sub12: 'a\tb' } },
  })
  const after: Postback = {
    ...before,
    quarantined: null,
    read_again_at: NOW - 1_000,
    reading: { ...before.reading, event: 'Deposit', event_id: 'a-after', conversion_status: 'approved' },
  }
  const log: LogRecord[] = [
    { topic: 'postbacks', partition: 0, offset: 0, value: before },
    { topic: 'outcomes', partition: 0, offset: 0, value: outcomeOf(before, NOW - 59_000, { stage: 'quarantined', why }) },
    { topic: 'postbacks', partition: 0, offset: 1, value: after },
    { topic: 'outcomes', partition: 0, offset: 1, value: outcomeOf(after, NOW - 900, end) },
  ]
  return { before, after, log }
}

/** A batch that was written before is known by its place. */
let place = 1_000
/** Records of one topic keep their order, as a partition does; nothing else is said. */
const ORDERS = [
  [0, 1, 2, 3],
  [1, 0, 3, 2],
  [1, 3, 0, 2],
  [0, 2, 1, 3],
] as const

test.each(
  Object.keys(ENDS).flatMap((end) =>
    ORDERS.flatMap((order) => ['status_unmapped', 'no_event'].map((why) => ({ end, order: [...order], why }))),
  ),
)('$why, then $end, written in the order $order: what it became stands over what it was', async ({ end, order, why }) => {
  const workspace = `w_${randomUUID().slice(0, 8)}`
  const { log, after } = lifeOf(workspace, why, ENDS[end as keyof typeof ENDS])
  for (const index of order) await db.sink.write([batchOf([{ ...(log[index] as LogRecord), partition: place++ }])])
  const { items } = await listEvents(db.client, workspace, {})
  expect(items).toMatchObject([
    {
      postback_id: after.postback_id,
      event: 'Deposit',
      event_id: 'a-after',
      conversion_status: 'approved',
      status: end,
      subs: { sub1: 'blue', sub12: 'a\tb' },
    },
  ])
  expect(items[0]?.why).toBe(ENDS[end as keyof typeof ENDS].why ?? undefined)
  const counts = await stats(db.client, workspace, { from: NOW - 3_600_000, to: NOW })
  expect(counts).toMatchObject({ received: 1, quarantined: 0, [end]: 1 })
})

test('until then it is quarantined, with its ids, and counted so', async () => {
  const { log, before } = lifeOf('waiting', 'status_unmapped', ENDS.held)
  await db.sink.write([batchOf([{ ...(log[1] as LogRecord), partition: 110 }])])
  expect((await listEvents(db.client, 'waiting', {})).items).toMatchObject([{ status: 'quarantined', why: 'status_unmapped', event: null }])
  await db.sink.write([batchOf([{ ...(log[0] as LogRecord), partition: 110 }])])
  expect((await listEvents(db.client, 'waiting', { q: 'Z-BEF' })).items).toMatchObject([
    { postback_id: before.postback_id, status: 'quarantined', why: 'status_unmapped', event_id: 'z-before', conversion_status: 'rejected' },
  ])
  expect(await unmappedWords(db.client, 'waiting', 's1', NOW - 3_600_000)).toEqual([
    {
      event: 'dep2',
      status: null,
      count: 1,
      first_at: new Date(NOW - 60_000).toISOString(),
      last_at: new Date(NOW - 60_000).toISOString(),
      postback_id: before.postback_id,
    },
  ])
  expect(await unmappedWords(db.client, 'waiting', 's1', NOW)).toEqual([])
  expect(await unmappedWords(db.client, 'waiting', 'other', NOW - 3_600_000)).toEqual([])
})

test('what is kept comes back as it went in, and no more once it was read again', async () => {
  const { log, before } = lifeOf('kept', 'no_event', ENDS.matched)
  await db.sink.write([batchOf([{ ...(log[0] as LogRecord), partition: 111 }])])
  const first = [NOW - 3_600_000, '00000000-0000-0000-0000-000000000000'] as const
  const kept = await keptUnmapped(db.client, 'kept', 's1', first, 10)
  expect(kept).toEqual([{ partition: 111, postback: before }])
  expect(await keptUnmapped(db.client, 'kept', 's1', [before.received_at, before.postback_id], 10)).toEqual([])
  await db.sink.write([batchOf([{ ...(log[2] as LogRecord), partition: 111 }])])
  expect(await keptUnmapped(db.client, 'kept', 's1', first, 10)).toEqual([])
  const event = await getEvent(db.client, 'kept', before.postback_id)
  expect(event?.timeline.map(({ stage }) => stage)).toEqual(['received', 'read_again'])
})

test('sub1 to sub20 are filters of the list and columns of the view', async () => {
  const make = (n: number, subs: Record<string, string>): LogRecord => ({
    topic: 'postbacks',
    partition: 112,
    offset: n,
    value: samplePostback({
      workspace_id: 'subs',
      postback_id: randomUUID(),
      received_at: NOW - 1_000 - n,
      reading: { click_id: `c${n}`, subs },
    }),
  })
  await db.sink.write([
    batchOf([make(0, { sub1: 'blue', sub2: 'x' }), make(1, { sub1: 'Blue', sub20: 'z' }), make(2, { sub11: 'blue' }), make(3, {})]),
  ])
  const found = async (subs: Record<string, string>) =>
    (await listEvents(db.client, 'subs', { subs })).items.map(({ click_id }) => click_id)
  expect(await found({ sub1: 'blue' })).toEqual(['c0'])
  expect(await found({ sub1: 'blue', sub2: 'x' })).toEqual(['c0'])
  expect(await found({ sub1: 'blue', sub2: 'y' })).toEqual([])
  expect(await found({ sub11: 'blue' })).toEqual(['c2'])
  expect(await found({ sub1: "'; DROP TABLE events --" })).toEqual([])
  expect(await found({})).toEqual(['c0', 'c1', 'c2', 'c3'])
  const rows = await select(
    db.client,
    "SELECT click_id, sub1, sub2, sub11, sub20 FROM v_events WHERE workspace_id = 'subs' ORDER BY click_id",
    {},
  )
  expect(rows).toEqual([
    { click_id: 'c0', sub1: 'blue', sub2: 'x', sub11: '', sub20: '' },
    { click_id: 'c1', sub1: 'Blue', sub2: '', sub11: '', sub20: 'z' },
    { click_id: 'c2', sub1: '', sub2: '', sub11: 'blue', sub20: '' },
    { click_id: 'c3', sub1: '', sub2: '', sub11: '', sub20: '' },
  ])
})

test('what was stored before the columns came is shown as before', async () => {
  const old = await openOldDatabase('0001_records', '0002_events', '0003_views')
  onTestFinished(() => old.close())
  await old.client.command({
    query: `INSERT INTO postbacks (workspace_id, received_at, postback_id, quarantined, event_id, conversion_status)
            VALUES ('w1', now64(3), '01900000-0000-7000-8000-000000000001', 'status_unmapped', 'e1', 'approved')`,
  })
  await old.catchUp()
  expect((await listEvents(old.client, 'w1', {})).items).toMatchObject([
    { status: 'quarantined', why: 'status_unmapped', event_id: 'e1', conversion_status: 'approved', subs: {} },
  ])
})
