import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { clickKey, deliveryKey, outcomeKey, pendingKey, postbackKey } from '../../src/events/keys.ts'
import type { Outcome } from '../../src/events/outcome.ts'
import { sampleOutcome, samplePostback } from '../../src/events/samples.ts'
import type { Stage } from '../../src/events/stages.ts'
import { joinPartitionOf } from '../../src/kafka/partition.ts'
import type { Stack } from '../../src/local/stack-file.ts'
import { audit, runVerify } from '../support/audit.ts'
import { countInApi, type Plan, sendClicks, sendPostbacks, settled } from '../support/run-through.ts'
import { openTopicWriter, type TopicWriter } from '../support/topic-writer.ts'
import { call, ownWorkspace } from '../support/workspace.ts'

/** 60 postbacks, 40 with a known click, and 10 of the others get theirs later. */
const plan: Plan = { mark: `v${Date.now().toString(36)}`, postbacks: 60, known: 40, perSecond: 200 }
const LATE = 10
const folder = mkdtempSync(join(tmpdir(), 'postback-verify-'))
let stack: Stack
let accepted: string
let writer: TopicWriter

beforeAll(async () => {
  stack = await ownWorkspace(inject('stack') as Stack)
  writer = await openTopicWriter(stack, ['postbacks', 'outcomes', 'deliver.meta', 'pending'])
  await sendClicks(stack, plan, 0, plan.known)
  const { replies } = await sendPostbacks(stack, plan)
  const again = await sendPostbacks(stack, { ...plan, postbacks: 5 })
  accepted = join(folder, 'accepted')
  writeFileSync(accepted, [...replies, ...again.replies].join('\n'))
  await sendClicks(stack, plan, plan.known, plan.known + LATE)
  await settled(
    () => countInApi(stack),
    ({ matched, held, forwarded, duplicate }) => matched === 50 && held === 10 && forwarded === 50 && duplicate === 5,
    60_000,
  )
})
afterAll(async () => {
  await writer.close()
  rmSync(folder, { recursive: true })
})

const mine = (...args: readonly string[]) => audit(inject('stackFile'), '--workspaces', stack.workspace.id, ...args)

test('everything agrees after a run with late clicks and resends, and the counts are those of the run', async () => {
  const report = await mine('--accepted', accepted)
  expect(report.differences).toEqual([])
  expect(report.counts).toMatchObject({
    accepted: 65,
    postbacks: 65,
    'outcomes: matched': 50,
    'outcomes: duplicate': 5,
    'clickhouse: forwarded': 50,
    'clickhouse: held': 10,
    'clickhouse: duplicate': 5,
  })
  // Clicks are written at least once: an acknowledgement that came too late makes one more record of a click.
  expect(report.counts.clicks).toBeGreaterThanOrEqual(50)
  const twins = ['meta', 'google', 'tiktok'].map((platform) => report.counts[`twins: ${platform}`] ?? 0)
  expect(twins.reduce((sum, one) => sum + one, 0)).toBe(50)
})

test('a person reads the same, and other workspaces are left alone', async () => {
  const { code, text } = await runVerify('--stack', inject('stackFile'), '--workspaces', stack.workspace.id)
  expect(text).toMatch(/outcomes: matched +50\n/)
  expect(text).toMatch(/everything agrees/)
  expect(code).toBe(0)
})

test.each([
  { name: 'an unknown option', args: ['--everything'], says: /--everything.*--help/ },
  { name: 'a stack that is not there', args: ['--stack', '/nowhere/stack.json'], says: /There is no \/nowhere\/stack\.json/ },
  {
    name: 'a twin that does not answer',
    args: ['--twins', 'meta=http://127.0.0.1:1'],
    says: /twin of meta at http:\/\/127\.0\.0\.1:1 does not/,
  },
  {
    name: 'a file of accepted ids that is none',
    args: ['--accepted', 'package.json'],
    says: /Line 1 of package\.json holds no postback_id/,
  },
])('$name ends with 2 and a sentence', async ({ args, says }) => {
  const { code, said } = await runVerify(...(args[0] === '--stack' ? [] : ['--stack', inject('stackFile')]), ...args)
  expect(said).toMatch(says)
  expect(code).toBe(2)
})

test('each fault put in by hand is named with its ids, and nothing else is', async () => {
  const ws = stack.workspace.id
  const now = Date.now()
  const uuid = (): string => {
    const time = now.toString(16).padStart(12, '0')
    return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`
  }
  const postback = (click_id: string | null) =>
    samplePostback({
      postback_id: uuid(),
      workspace_id: ws,
      source_id: stack.workspace.sources[0]?.id ?? '',
      received_at: now,
      reading: { click_id, transaction_id: uuid(), event_id: uuid() },
    })
  const outcome = (of: ReturnType<typeof postback>, stage: Stage): Outcome =>
    sampleOutcome(of, { at: now, stage, why: stage === 'unmatched' ? 'no_click_id' : null })
  const say = (of: ReturnType<typeof postback>, stage: Stage) =>
    writer.write('outcomes', outcomeKey(ws, of.postback_id), outcome(of, stage))
  const sql = async (query: string): Promise<string> => {
    const response = await fetch(`${stack.clickhouse_url}/?database=postback&mutations_sync=1`, { method: 'POST', body: query })
    const text = await response.text()
    expect({ query, status: response.status, text: response.ok ? '' : text }).toMatchObject({ status: 200 })
    return text.trim()
  }
  const rowOf = (status: string) =>
    sql(`SELECT postback_id FROM v_events WHERE workspace_id = '${ws}' AND status = '${status}' ORDER BY click_id LIMIT 1`)

  // Written straight to the topic, decided by attribution, and decided once more by hand.
  const twice = postback(null)
  await writer.write('postbacks', postbackKey(twice).key, twice)
  await say(twice, 'unmatched')
  // Decided, and never received.
  const never = postback(null)
  await say(never, 'unmatched')
  // For a platform, and nobody queued it.
  const [destination] = (
    await call<{ items: { id: string; platform: string }[] }>(stack, 'GET', '/api/v1/destinations', stack.workspace.api_key)
  ).items.filter(({ platform }) => platform === 'meta')
  const unqueued = postback(null)
  await writer.write('postbacks', postbackKey(unqueued).key, unqueued)
  const { workspace_id, postback_id, source_id, tracker, received_at } = unqueued
  const reading = { ...unqueued.reading, fbclid: `IwAR${plan.mark}`, client_ip: '203.0.113.9', client_user_agent: 'UA' }
  const at = { due_at: now, queued_at: now, moved_at: now }
  await writer.write('deliver.meta', deliveryKey(destination?.id ?? '', null, postback_id), {
    platform: 'meta',
    destination_id: destination?.id ?? '',
    conversion: { workspace_id, postback_id, source_id, tracker, received_at, reading, click: null, matched_by: null },
    ...at,
    attempts: 0,
    why: null,
    workspaces_offset: -1,
  })
  // Waits in no topic any more: its record is taken back while it is held.
  const held = await rowOf('held')
  const waitsFor = await sql(`SELECT click_id FROM v_events WHERE postback_id = '${held}'`)
  await writer.write('pending', pendingKey(clickKey(ws, waitsFor), held), null, joinPartitionOf(clickKey(ws, waitsFor), 12))
  // Accepted, they say.
  const ghost = uuid()
  const list = join(folder, 'with-a-ghost')
  writeFileSync(list, `${ghost}\n`)
  // A row gone, a row of nothing, and a delivery gone.
  const gone = await rowOf('duplicate')
  await sql(`DELETE FROM events WHERE postback_id = '${gone}'`)
  const nothing = uuid()
  await sql(
    `INSERT INTO events (workspace_id, received_at, postback_id, state) VALUES ('${ws}', fromUnixTimestamp64Milli(${now}), '${nothing}', '6${now}no_click_id||')`,
  )

  const byKind = async () => {
    const { differences } = await mine('--accepted', list)
    return Object.fromEntries(differences.map(({ kind, examples }) => [kind, examples.map(({ id }) => id).sort()]))
  }
  const found = await settled(byKind, (kinds) => 'clickhouse_event_unknown' in kinds && !('behind' in kinds), 30_000)
  expect(found).toEqual({
    accepted_not_in_postbacks: [ghost],
    outcome_without_postback: [never.postback_id],
    attributed_twice: [twice.postback_id],
    held_not_pending: [held],
    deliver_not_queued: [`${postback_id} > ${destination?.id}`],
    clickhouse_event_missing: [gone],
    clickhouse_event_unknown: [never.postback_id, nothing].sort(),
  })
})
