import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Click } from '../../src/events/click.ts'
import type { Delivery } from '../../src/events/conversion.ts'
import type { Reading } from '../../src/events/postback.ts'
import { sampleClick, sampleReading } from '../../src/events/samples.ts'
import type { PlatformId } from '../../src/events/words.ts'
import { createEngine } from '../../src/forward/engine.ts'
import { createHttp, type Http } from '../../src/forward/http.ts'
import type { Result } from '../../src/forward/results.ts'
import { createTargets } from '../../src/forward/targets.ts'
import { createLog } from '../../src/observe/log.ts'
import { PLATFORMS } from '../../src/platforms/index.ts'
import { startTwins } from '../../src/twins/index.ts'
import { createWorkspaceCopy } from '../../src/workspaces/copy.ts'
import { DEFAULT_SETTINGS, type Destination } from '../../src/workspaces/schema.ts'

let twins: Awaited<ReturnType<typeof startTwins>>
let http: Http
let serial = 0
const NOW = Date.now()
const HOUR_MS = 3_600_000

beforeAll(async () => {
  twins = await startTwins({
    ports: { meta: 0, google: 0, tiktok: 0 },
    host: '127.0.0.1',
    nowMs: () => NOW,
    log: createLog('test', 'error'),
  })
  http = createHttp({ connections: 4 })
})
afterAll(async () => {
  await http.close()
  await twins.close()
})
beforeEach(async () => {
  for (const url of Object.values(twins.urls)) {
    await fetch(`${url}/_twin/requests`, { method: 'DELETE' })
    await fetch(`${url}/_twin/script`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ replies: [], then: 'rules' }),
    })
  }
})

const CREDENTIALS = {
  meta: { access_token: 'good-token-of-meta' },
  google: { client_id: 'c', client_secret: 'the-client-secret', refresh_token: 'the-refresh-token' },
  tiktok: { access_token: 'good-token-of-tiktok' },
}
const SETTINGS = {
  meta: { pixel_id: '1234567890123456' },
  google: { operating_account_id: '1234567890', conversion_actions: { Purchase: '1001', Lead: '1002' } },
  tiktok: { pixel_code: 'C0DEMOPIXELCODE00000' },
}

function engineFor(platform: PlatformId, options: { credentials?: unknown; active?: boolean; twin?: string; testCode?: string } = {}) {
  const destination: Destination = {
    id: 'd1',
    platform,
    name: 'd',
    settings: SETTINGS[platform],
    credentials: { key: 'k1', nonce: 'n', data: JSON.stringify(options.credentials ?? CREDENTIALS[platform]) },
    sandbox: true,
    active: options.active ?? true,
    send_unmatched: false,
    event_map: {},
    min_click_age: null,
    test_code: options.testCode ?? null,
    resumed_at: null,
  }
  const workspaces = createWorkspaceCopy()
  const workspace = {
    id: 'w1',
    settings: { ...DEFAULT_SETTINGS, name: 'w' },
    sources: [],
    destinations: [destination],
    rules: [],
    api_keys: [],
  }
  workspaces.apply({ workspace_id: 'w1', base_version: 0, version: 1, at: 1, by: 'operator', doc: JSON.stringify(workspace) }, 'w1', 0)
  const targets = createTargets({
    platform: PLATFORMS[platform],
    unseal: (sealed) => JSON.parse(sealed.data) as unknown,
    twinUrl: options.twin ?? twins.urls[platform],
    http,
    nowMs: () => NOW,
  })
  return createEngine({ platform: PLATFORMS[platform], workspaces, targets, http, nowMs: () => NOW })
}

const IDS: Readonly<Record<PlatformId, Partial<Click>>> = {
  meta: { fbclid: 'IwARabc' },
  google: { gclid: 'Cj0KCQ' },
  tiktok: { ttclid: 'E.C.P.abc' },
}
function delivery(platform: PlatformId, given: { reading?: Partial<Reading>; click?: Partial<Click>; attempts?: number } = {}): Delivery {
  const id = String(++serial).padStart(12, '0')
  return {
    platform,
    destination_id: 'd1',
    conversion: {
      workspace_id: 'w1',
      postback_id: `01900000-0000-7000-8000-${id}`,
      source_id: 's1',
      tracker: 'keitaro',
      received_at: NOW - 1_000,
      reading: sampleReading({ event_id: `event-${id}`, ...given.reading }),
      click: sampleClick({
        platform,
        clicked_at: NOW - 8 * HOUR_MS,
        client_ip: '203.0.113.7',
        client_user_agent: 'UA',
        ...IDS[platform],
        ...given.click,
      }),
      matched_by: 'click_id',
    },
    due_at: NOW,
    queued_at: NOW,
    moved_at: NOW,
    attempts: given.attempts ?? 0,
    why: null,
    workspaces_offset: 0,
  }
}
const script = (platform: PlatformId, replies: unknown[]) =>
  fetch(`${twins.urls[platform]}/_twin/script`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ replies, then: 'rules' }),
  })
const believed = async (platform: PlatformId) =>
  ((await (await fetch(`${twins.urls[platform]}/_twin/conversions`)).json()) as { items: { event_id: string }[] }).items
const stages = (results: Result[]) =>
  results.flatMap(({ value }) =>
    'stage' in value ? value.deliveries.map(({ stage, why }) => (why === null ? stage : `${stage}:${why}`)) : [],
  )
const moves = (results: Result[]) => results.flatMap((result) => ('stage' in result.value ? [] : [result.topic]))

test.each(['meta', 'google', 'tiktok'] as const)('%s: what is accepted is forwarded, and the twin believes each once', async (platform) => {
  const before = (await believed(platform)).length
  const deliveries = [delivery(platform), delivery(platform, { reading: { event: 'Lead', value: null, currency: null } })]
  const results = await engineFor(platform).deliver(deliveries)
  expect(stages(results)).toEqual(['forwarded', 'forwarded'])
  await engineFor(platform).deliver(deliveries)
  expect((await believed(platform)).length).toBe(before + 2)
})

test.each([
  {
    name: '500 goes to the first tier',
    platform: 'meta',
    reply: { status: 500, body: { error: { code: 2, message: 'x', type: 'x' } } },
    expected: 'retrying:server_error',
    tier: 'retry.10s',
  },
  {
    name: 'an HTML page with 200 is no success',
    platform: 'tiktok',
    reply: { status: 200, body: '<html>hello</html>' },
    expected: 'retrying:reply_unreadable',
    tier: 'retry.10s',
  },
  {
    name: '429 waits as long as it was asked to',
    platform: 'google',
    reply: { status: 429, headers: { 'retry-after': '600' }, body: { error: { code: 429, status: 'RESOURCE_EXHAUSTED', message: 'x' } } },
    expected: 'retrying:throttled',
    tier: 'retry.10m',
  },
] as const)('$name', async ({ platform, reply, expected, tier }) => {
  const engine = engineFor(platform)
  if (platform === 'google') await engine.deliver([delivery(platform)]) // the token comes before the script
  await script(platform, [{ ...reply, times: 1 }])
  const results = await engine.deliver([delivery(platform)])
  expect(stages(results)).toEqual([expected])
  expect(moves(results)).toEqual([tier])
})

test('a platform that cannot be reached is tried again, and given up after the last attempt', async () => {
  const engine = engineFor('meta', { twin: 'http://127.0.0.1:1' })
  expect(stages(await engine.deliver([delivery('meta')]))).toEqual(['retrying:unreachable'])
  expect(stages(await engine.deliver([delivery('meta', { attempts: 11 })]))).toEqual(['failed:retries_exhausted'])
})

test('one bad event among many is found, and its neighbours are delivered', async () => {
  const before = (await believed('meta')).length
  const bad = delivery('meta', { click: { fbclid: null, fbc: 'not-an-fbc' } })
  const results = await engineFor('meta').deliver([delivery('meta'), delivery('meta'), bad, delivery('meta'), delivery('meta')])
  const verdicts = results.flatMap(({ value }) => ('stage' in value ? [{ id: value.postback_id, stage: value.deliveries[0]?.stage }] : []))
  const failed = verdicts.filter(({ stage }) => stage === 'failed')
  const forwarded = verdicts.filter(({ stage }) => stage === 'forwarded')
  expect(forwarded.length + failed.length).toBe(5)
  expect((await believed('meta')).length - before).toBe(forwarded.length)
})

test('a dead token blocks: the delivery is held and no attempt is burnt on the event', async () => {
  const results = await engineFor('meta', { credentials: { access_token: 'expired-token' } }).deliver([delivery('meta')])
  expect(stages(results)).toEqual(['blocked:token'])
  expect(moves(results)).toEqual(['held'])
})

test('an access token that died early is replaced once, and the destination is not blocked', async () => {
  const engine = engineFor('google')
  expect(stages(await engine.deliver([delivery('google')]))).toEqual(['forwarded'])
  await script('google', [{ status: 401, body: { error: { code: 401, status: 'UNAUTHENTICATED', message: 'x' } }, times: 1 }])
  expect(stages(await engine.deliver([delivery('google')]))).toEqual(['forwarded'])
})

test('a test code goes with test events alone: what is no test counts', async () => {
  const before = (await believed('google')).length
  const results = await engineFor('google', { testCode: 'T1' }).deliver([
    delivery('google', { reading: { test: true } }),
    delivery('google'),
  ])
  expect(stages(results)).toEqual(['forwarded', 'forwarded'])
  expect((await believed('google')).length).toBe(before + 1)
})

test('a Google click younger than six hours waits in the tiers', async () => {
  const results = await engineFor('google').deliver([delivery('google', { click: { clicked_at: NOW - HOUR_MS } })])
  expect(stages(results)).toEqual(['queued:too_recent'])
  expect(moves(results)).toEqual(['retry.1h'])
})

test('a delivery routed by a configuration that has not arrived waits, and nothing is concluded', async () => {
  const results = await engineFor('meta').deliver([{ ...delivery('meta'), workspaces_offset: 7 }])
  expect(stages(results)).toEqual([])
  expect(moves(results)).toEqual(['retry.10s'])
})

test('a broken destination is not asked again until someone resumes it', async () => {
  const engine = engineFor('meta', { credentials: { access_token: 'expired-token' } })
  await engine.deliver([delivery('meta')])
  await fetch(`${twins.urls.meta}/_twin/requests`, { method: 'DELETE' })
  expect(moves(await engine.deliver([delivery('meta')]))).toEqual(['held'])
  const { items } = (await (await fetch(`${twins.urls.meta}/_twin/requests?since=0`)).json()) as { items: unknown[] }
  expect(items).toEqual([])
})

test('a destination that was switched off keeps back what still comes', async () => {
  expect(stages(await engineFor('tiktok', { active: false }).deliver([delivery('tiktok')]))).toEqual(['suppressed:rule'])
})

test('no secret is kept in an attempt', async () => {
  for (const platform of ['meta', 'google', 'tiktok'] as const) {
    const text = JSON.stringify(await engineFor(platform).deliver([delivery(platform)]))
    for (const secret of Object.values(CREDENTIALS[platform]).filter((value) => value.length > 3)) expect(text).not.toContain(secret)
  }
})
