import { beforeAll, expect, inject, test } from 'vitest'
import type { Stack } from '../../src/local/stack-file.ts'
import { api, settled } from '../support/run-through.ts'
import { call, ownWorkspace, sourceOf } from '../support/workspace.ts'

type Detail = {
  status: string
  why?: string
  event: string
  value: string
  currency: string
  platform: string | null
  click: { click_id: string } | null
  deliveries: { platform: string; status: string }[]
  timeline: { stage: string }[]
  attempts: { verdict: string; request: unknown }[]
  reading: Record<string, unknown>
  unread: Record<string, string>
}
type Receipt = { status: string; postback_id: string; event_id: string; warnings: { code: string; param: string; fix: string }[] }

const HOUR_MS = 3_600_000
const IDS = { meta: { fbclid: 'IwARpath' }, google: { gclid: 'Cj0Kpath' }, tiktok: { ttclid: 'E.C.P.path' } } as const
let stack: Stack
let serial = 0

beforeAll(async () => {
  stack = await ownWorkspace(inject('stack') as Stack)
})

const fresh = () => `path${Date.now().toString(36)}x${++serial}`
const clicked = async (clickId: string, platform: keyof typeof IDS = 'meta', more: object = {}) => {
  const response = await fetch(`${stack.edge_url}/api/v1/clicks`, {
    method: 'POST',
    headers: { authorization: `Bearer ${stack.workspace.api_key}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      click_id: clickId,
      clicked_at: Date.now() - 7 * HOUR_MS,
      client_ip: '203.0.113.5',
      client_user_agent: 'UA',
      ...IDS[platform],
      ...more,
    }),
  })
  expect(response.status).toBe(200)
}
const send = async (
  source: { postback_url: string },
  fields: Readonly<Record<string, string>>,
  method: 'GET' | 'POST' | 'JSON',
): Promise<Receipt> => {
  const query = new URLSearchParams(fields)
  const response =
    method === 'GET'
      ? await fetch(`${source.postback_url}&${query}`)
      : method === 'POST'
        ? await fetch(source.postback_url, { method: 'POST', body: query })
        : await fetch(source.postback_url, {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify(fields),
          })
  expect(response.status).toBe(200)
  return (await response.json()) as Receipt
}
/** A status is shown a moment before the timeline and the attempts behind it; and what was forwarded, when both are stored at once,
 *  a moment before what it was matched with. */
const detail = (postbackId: string, status: string) =>
  settled(
    () => api<Detail>(stack, `/api/v1/postback/events/${postbackId}`),
    (event) =>
      event.status === status &&
      (status !== 'forwarded' ||
        (event.platform !== null &&
          event.attempts.at(-1)?.verdict === 'accepted' &&
          event.timeline.some(({ stage }) => stage === 'forwarded'))),
    30_000,
  )
const believed = async (platform: keyof typeof IDS, id: string) =>
  (
    (await (await fetch(`${stack.twins[platform]}/_twin/conversions`)).json()) as {
      items: { event_id: string; event: string; value: number; currency: string; count_raw: number }[]
    }
  ).items.filter((item) => item.event_id === id)

const DIALECTS = [
  {
    tracker: 'keitaro',
    platform: 'meta',
    words: (id: string, tx: string) => ({ subid: id, tid: tx, payout: '12.34', currency: 'USD', status: 'sale' }),
    event: 'Purchase',
  },
  {
    tracker: 'voluum',
    platform: 'google',
    words: (id: string, tx: string) => ({ cid: id, txid: tx, payout: '7.5', currency: 'EUR', et: 'lead' }),
    event: 'Lead',
  },
  {
    tracker: 'redtrack',
    platform: 'tiktok',
    words: (id: string, tx: string) => ({ clickid: id, sum: '3.2', currency: 'USD', type: 'SignUp', tid: tx }),
    event: 'SignUp',
  },
  {
    tracker: 'generic',
    platform: 'meta',
    words: (id: string, tx: string) => ({ click_id: id, transaction_id: tx, value: '9.99', currency: 'USD', event: 'Subscribe' }),
    event: 'Subscribe',
  },
] as const

test.each(DIALECTS.flatMap((dialect) => (['GET', 'POST', 'JSON'] as const).map((method) => ({ ...dialect, method }))))(
  '$tracker by $method: received, matched, forwarded, and the twin believes it once',
  async ({ tracker, platform, words, event, method }) => {
    const [id, tx] = [fresh(), fresh()]
    await clicked(id, platform)
    const receipt = await send(sourceOf(stack, tracker), words(id, tx), method)
    expect(receipt.status).toBe('received')
    const seen = await detail(receipt.postback_id, 'forwarded')
    expect(seen).toMatchObject({
      status: 'forwarded',
      event,
      platform,
      click: { click_id: id },
      deliveries: [{ platform, status: 'forwarded' }],
    })
    expect(seen.timeline.map(({ stage }) => stage)).toEqual(expect.arrayContaining(['received', 'matched', 'forwarded']))
    expect(seen.attempts.map(({ verdict }) => verdict)).toEqual(['accepted'])
    const conversions = await believed(platform, platform === 'google' ? tx : receipt.event_id)
    expect(conversions).toHaveLength(1)
  },
)

test('a postback that comes before its click is held, and goes through when the click comes', async () => {
  const id = fresh()
  const { postback_id } = await send(sourceOf(stack, 'generic'), { click_id: id, event: 'Purchase', value: '5', currency: 'USD' }, 'GET')
  expect(await detail(postback_id, 'held')).toMatchObject({ status: 'held', why: 'click_not_seen', click: null })
  await clicked(id)
  expect(await detail(postback_id, 'forwarded')).toMatchObject({ status: 'forwarded', click: { click_id: id } })
})

test('a resend is a duplicate under the same event id, answered 200, and forwarded once', async () => {
  const [id, source] = [fresh(), sourceOf(stack, 'keitaro')]
  await clicked(id)
  const words = { subid: id, tid: id, payout: '1', currency: 'USD', status: 'sale' }
  const [first, again] = [await send(source, words, 'GET'), await send(source, words, 'GET')]
  expect(again.event_id).toBe(first.event_id)
  expect((await detail(again.postback_id, 'duplicate')).status).toBe('duplicate')
  expect((await detail(first.postback_id, 'forwarded')).status).toBe('forwarded')
  expect(await believed('meta', first.event_id)).toMatchObject([{ count_raw: 1 }])
})

test('another spelling of a known click id does not match, and the reason is shown at once', async () => {
  const id = `${fresh()}abc`
  await clicked(id.toUpperCase())
  const { postback_id } = await send(sourceOf(stack, 'generic'), { click_id: id, event: 'Lead' }, 'GET')
  expect(await detail(postback_id, 'held')).toMatchObject({ status: 'held', why: 'case_differs' })
})

test('any alias of a click matches', async () => {
  const [id, alias] = [fresh(), fresh()]
  await clicked(id, 'tiktok', { aliases: [alias] })
  const { postback_id } = await send(sourceOf(stack, 'redtrack'), { clickid: alias, sum: '1', currency: 'USD', type: 'Purchase' }, 'GET')
  expect((await detail(postback_id, 'forwarded')).status).toBe('forwarded')
})

test('a platform id sent inline needs no tracker', async () => {
  const { postback_id } = await send(
    sourceOf(stack, 'generic', 'backend'),
    { event: 'Purchase', value: '3', currency: 'USD', ttclid: `E.C.P.${fresh()}`, transaction_id: fresh() },
    'JSON',
  )
  expect(await detail(postback_id, 'forwarded')).toMatchObject({ status: 'forwarded', platform: 'tiktok', click: null })
})

test.each([
  { name: 'no click id', words: { event: 'Lead' }, status: 'unmatched', why: 'no_click_id' },
  {
    name: 'a macro in place of the click id',
    words: { event: 'Lead', click_id: '{clickid}' },
    status: 'unmatched',
    why: 'macro_unreplaced',
  },
  { name: 'no event', words: { click_id: 'x1', value: '1', currency: 'USD' }, status: 'quarantined', why: 'no_event' },
  {
    name: 'an unknown currency',
    words: { click_id: 'x1', event: 'Purchase', value: '1', currency: 'XYZ' },
    status: 'quarantined',
    why: 'currency_unknown',
  },
  {
    name: 'a value that is no number',
    words: { click_id: 'x1', event: 'Purchase', value: 'ten', currency: 'USD' },
    status: 'quarantined',
    why: 'value_invalid',
  },
])('a tracker that sends $name gets 200, and the workspace sees why', async ({ words, status, why }) => {
  const { postback_id } = await send(sourceOf(stack, 'generic'), { ...words, transaction_id: fresh() }, 'GET')
  expect(await detail(postback_id, status)).toMatchObject({ status, why })
})

test.each([
  { name: 'invalid JSON', body: '{"event": "Purchase"', type: 'application/json', http: 200 },
  { name: 'a body of 10 MB', body: 'a'.repeat(10 * 1024 * 1024), type: 'application/x-www-form-urlencoded', http: 413 },
])('$name leaves a row that the workspace can see', async ({ body, type, http }) => {
  const count = async () => (await api<{ quarantined: number }>(stack, '/api/v1/postback/stats')).quarantined
  const before = await count()
  const response = await fetch(sourceOf(stack, 'generic').postback_url, { method: 'POST', headers: { 'content-type': type }, body })
  expect(response.status).toBe(http)
  expect(await settled(count, (now) => now === before + 1, 20_000)).toBe(before + 1)
})

test('no key and a wrong key are the same 404', async () => {
  const bad = await fetch(
    `${stack.edge_url}/api/v1/postback/conversions?key=${stack.workspace.id}-s1.1.r1.AAAAAAAAAAAAAAAAAAAAAA&event=Lead`,
  )
  const none = await fetch(`${stack.edge_url}/api/v1/postback/conversions?event=Lead`)
  expect([bad.status, none.status]).toEqual([404, 404])
  const [a, b] = [await bad.text(), await none.text()]
  expect(a).toBe(b)
  expect(JSON.parse(a)).toMatchObject({ code: 'key_unknown' })
})

test.each([
  {
    name: 'a 500',
    reply: { status: 500, body: { error: { code: 2, message: 'Service temporarily unavailable', type: 'OAuthException' } } },
    verdict: 'retry',
  },
  {
    name: 'a 429',
    reply: { status: 429, body: { error: { code: 4, message: 'Too many calls', type: 'OAuthException' } } },
    verdict: 'throttled',
  },
])('$name from the platform is tried again through the tiers, under the same event id', async ({ reply, verdict }) => {
  const id = fresh()
  await clicked(id)
  await fetch(`${stack.twins.meta}/_twin/script`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ replies: [{ ...reply, times: 1 }], then: 'rules' }),
  })
  const receipt = await send(sourceOf(stack, 'generic'), { click_id: id, event: 'Purchase', value: '4', currency: 'USD' }, 'GET')
  const waiting = await settled(
    () => api<Detail>(stack, `/api/v1/postback/events/${receipt.postback_id}`),
    // What one flush has written shows table by table.
    (event) => event.status === 'matched' && event.deliveries[0]?.status === 'retrying',
    20_000,
  )
  expect(waiting).toMatchObject({ status: 'matched', deliveries: [{ status: 'retrying' }] })
  const seen = await detail(receipt.postback_id, 'forwarded')
  expect(seen.attempts.map((attempt) => attempt.verdict)).toEqual([verdict, 'accepted'])
  expect(await believed('meta', receipt.event_id)).toHaveLength(1)
})

test('e-mail and phone are nowhere in what is kept', async () => {
  const id = fresh()
  await clicked(id)
  const { postback_id } = await send(
    sourceOf(stack, 'generic', 'backend'),
    { event: 'Lead', click_id: id, user_email: `canary-${id}@example.test`, user_phone: '+16505551212' },
    'JSON',
  )
  const seen = JSON.stringify(await detail(postback_id, 'forwarded'))
  expect(seen).not.toMatch(/canary-|5551212/)
})

test('a click through the redirect keeps its platform id and is met by its postback', async () => {
  const source = sourceOf(stack, 'generic')
  const to = encodeURIComponent('https://example.com/offer?c={click_id}')
  const click = await fetch(`${source.click_url}?to=${to}&fbclid=IwAR%2Bkeep`, { redirect: 'manual' })
  expect(click.status).toBe(302)
  const id = new URL(click.headers.get('location') ?? '').searchParams.get('c') ?? ''
  const { postback_id } = await send(source, { click_id: id, event: 'Purchase', value: '2', currency: 'USD' }, 'GET')
  const seen = await detail(postback_id, 'forwarded')
  expect(JSON.stringify(seen.attempts)).toContain('IwAR+keep')
})

test('a revoked key is refused everywhere within five seconds', async () => {
  const source = await fetch(`${stack.console_url}/api/v1/sources`, {
    method: 'POST',
    headers: { authorization: `Bearer ${stack.workspace.api_key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ kind: 'tracker', tracker: 'generic', name: 'short-lived' }),
  }).then((response) => response.json() as Promise<{ id: string; postback_url: string }>)
  await send(source, { event: 'Lead', click_id: fresh() }, 'GET')
  const revoked = await fetch(`${stack.console_url}/api/v1/sources/${source.id}/revoke`, {
    method: 'POST',
    headers: { authorization: `Bearer ${stack.workspace.api_key}`, 'content-type': 'application/json' },
    body: '{}',
  })
  expect(revoked.ok).toBe(true)
  const status = async () => (await fetch(`${source.postback_url}&event=Lead&click_id=x`)).status
  expect(await settled(status, (code) => code === 404, 5_000)).toBe(404)
})

test('the counts of the API are those of the SQL views', async () => {
  const query = `SELECT sum(received), sum(matched), sum(unmatched), sum(held) FROM postback.v_success_rate_hourly WHERE workspace_id = '${stack.workspace.id}' FORMAT JSONCompactEachRow`
  const same = async () => {
    const stats = await api<Record<'received' | 'matched' | 'unmatched' | 'held' | 'duplicate' | 'quarantined', number>>(
      stack,
      '/api/v1/postback/stats',
    )
    const sql = JSON.parse(await (await fetch(stack.clickhouse_url, { method: 'POST', body: query })).text()) as (string | number)[]
    return { api: [stats.matched, stats.unmatched, stats.held], sql: sql.slice(1).map(Number) }
  }
  const counts = await settled(same, ({ api: a, sql }) => a.join() === sql.join(), 15_000)
  expect(counts.api).toEqual(counts.sql)
})

test('a word nobody knows is kept and shown; once it is mapped, what is kept for it goes through once, under its own id', async () => {
  const key = stack.workspace.api_key
  const source = await call<{ id: string; postback_url: string }>(stack, 'POST', '/api/v1/sources', key, {
    kind: 'tracker',
    tracker: 'generic',
    name: 'words',
  })
  const [id, tx] = [fresh(), fresh()]
  await clicked(id)
  const words = { click_id: id, transaction_id: tx, event: 'level-10', value: '12,50', currency: 'USD', sub3: tx }
  const first = await send(source, words, 'GET')
  expect(first.status).toBe('quarantined')
  expect(await detail(first.postback_id, 'quarantined')).toMatchObject({ why: 'status_unmapped' })
  const path = `/api/v1/sources/${source.id}`
  const shown = await settled(
    () => api<{ items: object[] }>(stack, `${path}/words`),
    ({ items }) => items.length > 0,
    10_000,
  )
  expect(shown.items).toMatchObject([{ event: 'level-10', status: null, count: 1, postback_id: first.postback_id }])

  const reread = () => call<{ read_again: number; still_unmapped: number }>(stack, 'POST', `${path}/reread`, key, {})
  expect(await reread()).toMatchObject({ read_again: 0, still_unmapped: 1 })
  await call(stack, 'PATCH', path, key, { status_map: { 'level-10': { event: 'Purchase', conversion_status: 'approved' } } })
  // Twice at once: attribution knows what it has decided again.
  const counts = await Promise.all([reread(), reread()])
  expect(counts[0]).toMatchObject({ read_again: 1, still_unmapped: 0 })

  const seen = await detail(first.postback_id, 'forwarded')
  expect(seen).toMatchObject({ event: 'Purchase', value: '12.50', click: { click_id: id }, deliveries: [{ platform: 'meta' }] })
  expect(seen.timeline.map(({ stage }) => stage)).toEqual(['received', 'quarantined', 'read_again', 'matched', 'queued', 'forwarded'])
  const resend = await send(source, words, 'GET')
  expect(resend.status).toBe('received')
  expect((await detail(resend.postback_id, 'duplicate')).status).toBe('duplicate')
  expect(await believed('meta', resend.event_id)).toMatchObject([{ count_raw: 1 }])
  expect((await api<{ items: object[] }>(stack, `${path}/words`)).items).toEqual([])
  const bySub = await api<{ items: { postback_id: string }[] }>(stack, `/api/v1/postback/events?sub3=${tx}`)
  expect(bySub.items.map(({ postback_id }) => postback_id).toSorted()).toEqual([first.postback_id, resend.postback_id].toSorted())
})
