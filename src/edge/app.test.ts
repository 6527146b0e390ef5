import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { ProducerFault } from '../kafka/fault.ts'
import { API_KEYS, clickKey, key, startEdge } from './edge-double.ts'

let edge: Awaited<ReturnType<typeof startEdge>>
beforeAll(async () => {
  edge = await startEdge()
})
beforeEach(() => {
  edge.sent.length = 0
  edge.broker.answer = () => Promise.resolve({ offset: 0 })
})
afterAll(() => edge.close())

const PATH = '/api/v1/postback/conversions'
const QUERY = 'event=Purchase&value=12.34&currency=USD&click_id=AbC'
const as = (apiKey: string) => ({ authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' })

test('a postback is answered after it was written under its click id, the partition by its folded form', async () => {
  const response = await fetch(`${edge.url}${PATH}?key=${key('tracker')}&${QUERY}`)
  const body = (await response.json()) as { postback_id: string; event_id: string }
  expect(body).toEqual({
    status: 'received',
    postback_id: expect.any(String),
    event_id: expect.any(String),
    durability: 'kafka',
    warnings: [],
  })
  expect(edge.sent).toMatchObject([{ topic: 'postbacks', key: 'acme:c:AbC', partition: 'acme:c:abc'.length % 12 }])
  expect(edge.postbacks()).toMatchObject([
    {
      postback_id: body.postback_id,
      workspaces_offset: 7,
      sender_ip: '127.0.0.1',
      key_version: 1,
      reading: { event_id: body.event_id, value: '12.34' },
    },
  ])
  for (const [name, value] of [
    ['x-content-type-options', 'nosniff'],
    ['cache-control', 'no-store'],
    ['referrer-policy', 'no-referrer'],
    ['x-powered-by', null],
  ] as const)
    expect(response.headers.get(name)).toBe(value)
})

test('a resend has the same event id, under the key in the path too, by form and by JSON', async () => {
  const ids = new Set<string>()
  const send = async (path: string, init?: RequestInit) =>
    ids.add(((await (await fetch(`${edge.url}${path}`, init)).json()) as { event_id: string }).event_id)
  await send(`${PATH}?key=${key('tracker')}&${QUERY}`)
  await send(`${PATH}/${key('tracker')}?${QUERY}`)
  await send(`${PATH}?key=${key('tracker')}`, { method: 'POST', body: new URLSearchParams(QUERY) })
  await send(`${PATH}?key=${key('tracker')}&event=Purchase`, {
    method: 'POST',
    headers: { 'content-type': 'text/plain' },
    body: '{"click_id":"AbC","value":12.34,"currency":"USD"}',
  })
  expect(ids.size).toBe(1)
  expect(edge.sent).toHaveLength(4)
})

const noAck = () => Promise.reject(new ProducerFault('ack_timeout', 'no ack'))

test('without the ack it is on disk before the 2xx, the answer says so, and the broker gets it later under the same id', async () => {
  edge.broker.answer = noAck
  const response = await fetch(`${edge.url}${PATH}?key=${key('tracker')}&${QUERY}`)
  const body = (await response.json()) as { postback_id: string }
  expect([response.status, body]).toMatchObject([200, { status: 'received', durability: 'spool' }])
  edge.broker.answer = () => Promise.resolve({ offset: 0 })
  await expect.poll(() => edge.spool.backlog.size).toBe(0)
  expect(new Set(edge.postbacks().map((one) => one.postback_id))).toEqual(new Set([body.postback_id]))
})

test('neither the ack nor the disk: there is no 2xx', async () => {
  const full = await startEdge({}, { spoolMaxBytes: 10 })
  full.broker.answer = noAck
  const response = await fetch(`${full.url}${PATH}?key=${key('tracker')}&${QUERY}`)
  expect([response.status, response.headers.get('retry-after')]).toEqual([503, '30'])
  expect(await response.json()).toMatchObject({ code: 'spool_full' })
  full.broker.answer = () => Promise.reject(new Error('unknown'))
  const unknown = await fetch(`${full.url}${PATH}?key=${key('tracker')}&${QUERY}`)
  expect([unknown.status, unknown.headers.get('retry-after')]).toEqual([503, '1'])
  expect(await unknown.json()).toMatchObject({ code: 'overloaded' })
  await full.close()
})

test.each([
  ['gif', 'image/gif', 'GIF89a'],
  ['OK', 'text/plain; charset=utf-8', 'OK'],
  ['success%3Dtrue%3B', 'text/plain; charset=utf-8', 'success=true;'],
  ['a%0D%0Ab', 'text/plain; charset=utf-8', 'ab'],
])('return=%s', async (form, type, body) => {
  const response = await fetch(`${edge.url}${PATH}?key=${key('tracker')}&${QUERY}&return=${form}`)
  expect([response.status, response.headers.get('content-type')]).toEqual([200, type])
  expect((await response.text()).startsWith(body)).toBe(true)
})

test('return=204, a text that is too long, and the setting of the source', async () => {
  const status = async (source: string, more: string) =>
    (await fetch(`${edge.url}${PATH}?key=${key(source)}&${QUERY}${more}`)).headers.get('content-type')
  expect((await fetch(`${edge.url}${PATH}?key=${key('tracker')}&${QUERY}&return=204`)).status).toBe(204)
  expect(await status('tracker', `&return=${'x'.repeat(257)}`)).toContain('application/json')
  expect(await status('gif', '')).toBe('image/gif')
})

test('HEAD, OPTIONS and prefetches are answered and recorded nowhere; other methods learn what is allowed', async () => {
  const url = `${edge.url}${PATH}?key=${key('tracker')}&${QUERY}`
  for (const init of [
    { method: 'HEAD' },
    { method: 'OPTIONS' },
    { headers: { 'sec-purpose': 'prefetch' } },
    { headers: { purpose: 'prefetch' } },
  ])
    expect((await fetch(url, init)).status).toBe(200)
  const refused = await fetch(url, { method: 'DELETE' })
  expect([refused.status, refused.headers.get('allow')]).toEqual([405, 'GET, POST, HEAD, OPTIONS'])
  expect((await fetch(`${edge.url}/api/v2`)).status).toBe(404)
  expect(edge.sent).toEqual([])
})

test('plain HTTP is refused unless a trusted proxy says otherwise', async () => {
  for (const [trustedProxies, proto, status] of [
    [[], 'https', 403],
    [['127.0.0.1'], 'http', 403],
    [['127.0.0.1'], 'https', 200],
  ] as const) {
    const strict = await startEdge({ allowHttp: false, trustedProxies })
    const response = await fetch(`${strict.url}${PATH}?key=${key('tracker')}&${QUERY}`, { headers: { 'x-forwarded-proto': proto } })
    expect(response.status).toBe(status)
    expect(strict.sent).toHaveLength(status === 200 ? 1 : 0)
    // A wrong key learns nothing of it.
    expect((await fetch(`${strict.url}${PATH}?key=x`)).status).toBe(404)
    await strict.close()
  }
})

test('a batch answers each item; NDJSON is a batch too', async () => {
  const url = `${edge.url}${PATH}/batch?key=`
  const list = [{ event: 'Lead', click_id: 'a' }, { click_id: 'b' }, 'nonsense']
  const lenient = await fetch(`${url}${key('tracker')}`, { method: 'POST', body: JSON.stringify(list) })
  expect(await lenient.json()).toMatchObject({
    accepted: 3,
    rejected: 0,
    items: [
      { index: 0, status: 'received' },
      { index: 1, status: 'quarantined' },
      { index: 2, status: 'quarantined' },
    ],
  })
  const strict = await fetch(`${url}${key('backend')}`, { method: 'POST', body: list.map((item) => JSON.stringify(item)).join('\n') })
  expect(await strict.json()).toMatchObject({
    accepted: 1,
    rejected: 2,
    items: [{ status: 'received' }, { code: 'validation_failed' }, { code: 'invalid_json' }],
  })
  expect(new Set(edge.postbacks().map((one) => one.postback_id)).size).toBe(6)
  expect((await fetch(`${url}${key('tracker')}`, { method: 'POST', body: '[{]' })).status).toBe(400)
  expect((await fetch(`${url}${key('tracker')}`, { method: 'POST', body: JSON.stringify(new Array(10_001).fill({})) })).status).toBe(422)
})

test('the redirect notes the click and goes on, also while the broker is away', async () => {
  const go = (query: string, init?: RequestInit) => fetch(`${edge.url}/c/${clickKey('tracker')}?${query}`, { redirect: 'manual', ...init })
  const target = `to=${encodeURIComponent('https://example.com/lp')}`
  const response = await go(`${target}&fbclid=IwAR%2B1&utm_source=fb%20x&campaign_id=77&click_id=my-id`, {
    headers: { 'user-agent': 'Browser/1' },
  })
  expect([response.status, response.headers.get('location')]).toEqual([
    302,
    'https://example.com/lp?fbclid=IwAR%2B1&utm_source=fb%20x&click_id=my-id',
  ])
  expect(edge.sent).toMatchObject([{ topic: 'clicks', key: 'acme:c:my-id' }])
  expect(edge.clicks()).toMatchObject([
    {
      ids: ['my-id'],
      platform: 'meta',
      fbclid: 'IwAR+1',
      campaign_id: '77',
      utm: { utm_source: 'fb x' },
      client_ip: '127.0.0.1',
      client_user_agent: 'Browser/1',
      source_id: 'tracker',
    },
  ])
  edge.broker.answer = () => Promise.reject(new Error('away'))
  expect((await go(target)).status).toBe(302)
  edge.broker.answer = () => Promise.resolve({ offset: 0 })
  expect((await go('to=https%3A%2F%2Fevil.test')).status).toBe(400)
  expect((await fetch(`${edge.url}/c/${key('tracker')}?${target}`, { redirect: 'manual' })).status).toBe(404)
})

test('a click that the broker did not take is sent again until it has it', async () => {
  let refusals = 1
  edge.broker.answer = () => (refusals-- > 0 ? noAck() : Promise.resolve({ offset: 0 }))
  await fetch(`${edge.url}/c/${clickKey('tracker')}?to=${encodeURIComponent('https://example.com/')}&click_id=again`, {
    redirect: 'manual',
  })
  await expect.poll(() => edge.clicks().filter((click) => click.click_id === 'again').length, { timeout: 5_000 }).toBe(2)
})

test('the clicks API takes one or many, one record for each id', async () => {
  const send = (body: unknown, apiKey = API_KEYS.editor) =>
    fetch(`${edge.url}/api/v1/clicks`, { method: 'POST', headers: as(apiKey), body: JSON.stringify(body) })
  expect(await (await send({ click_id: 'a', aliases: ['b'], gclid: 'G' })).json()).toEqual({
    accepted: 1,
    rejected: 0,
    items: [{ index: 0, status: 'accepted', click_id: 'a' }],
  })
  expect(edge.clicks().map((click) => [click.click_id, click.ids])).toEqual([
    ['a', ['a', 'b']],
    ['b', ['a', 'b']],
  ])
  expect(await (await send([{ click_id: 'a' }, { bad: 1 }])).json()).toMatchObject({
    accepted: 1,
    rejected: 1,
    items: [{ index: 0 }, { index: 1, code: 'validation_failed' }],
  })
  expect((await send({ bad: 1 })).status).toBe(422)
  expect((await send({ click_id: 'a' }, API_KEYS.viewer)).status).toBe(403)
  expect((await send({ click_id: 'a' }, 'pb_live_nobody_knows')).status).toBe(401)
})

test('the beacon is open to every origin and writes clicks alone', async () => {
  const url = `${edge.url}/api/v1/clicks/pixel?key=${clickKey('tracker')}`
  const response = await fetch(url, { method: 'POST', body: JSON.stringify({ click_id: 'p', ttclid: 'T', utm: {} }) })
  expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([204, '*'])
  expect(edge.clicks()).toMatchObject([{ click_id: 'p', platform: 'tiktok', client_ip: '127.0.0.1' }])
  expect((await fetch(url.replace(clickKey('tracker'), key('tracker')), { method: 'POST', body: '{}' })).status).toBe(404)
  expect((await fetch(url, { method: 'POST', body: 'x'.repeat(66_000) })).status).toBe(413)
  const script = await fetch(`${edge.url}/pixel.js?key=${clickKey('tracker')}`)
  expect(script.headers.get('content-type')).toContain('text/javascript')
})

test('currencies, config, test and health', async () => {
  const { items } = (await (await fetch(`${edge.url}${PATH}/currencies`)).json()) as { items: unknown[] }
  expect(items).toContainEqual({ code: 'JPY', name: 'Japanese Yen', minor_units: 0 })
  expect((await fetch(`${edge.url}/api/v1/postback/config`)).status).toBe(401)
  expect((await fetch(`${edge.url}/api/v1/postback/config`, { headers: as(API_KEYS.viewer) })).status).toBe(403)
  const config = (await (await fetch(`${edge.url}/api/v1/postback/config`, { headers: as(API_KEYS.editor) })).json()) as {
    sources: { url: string }[]
  }
  expect(config.sources[0]?.url).toBe(`https://edge.test${PATH}?key=${key('tracker')}`)
  const tried = await fetch(`${edge.url}/api/v1/postback/test`, {
    method: 'POST',
    headers: as(API_KEYS.viewer),
    body: '{"url":"https://a.test/"}',
  })
  expect(await tried.json()).toEqual({ workspace: 'acme', input: { url: 'https://a.test/' } })
  expect((await fetch(`${edge.url}/healthz`)).status).toBe(200)
  expect(await (await fetch(`${edge.url}/readyz`)).json()).toEqual({ ready: true, reason: '' })
})

test('a draining edge says so and keeps answering', async () => {
  const draining = await startEdge({ draining: () => true })
  expect((await fetch(`${draining.url}/readyz`)).status).toBe(503)
  const response = await fetch(`${draining.url}${PATH}?key=${key('tracker')}&${QUERY}`)
  expect([response.status, response.headers.get('connection')]).toEqual([200, 'close'])
  await draining.close()
})

test('a fault of ours is a 503 without a trace of it', async () => {
  const broken = await startEdge({
    encode: {
      postback: () => {
        throw new TypeError('secret detail')
      },
      click: () => Buffer.alloc(0),
    },
  })
  const response = await fetch(`${broken.url}${PATH}?key=${key('tracker')}&${QUERY}`)
  expect(response.status).toBe(503)
  expect(await response.text()).not.toContain('secret detail')
  await broken.close()
})

test('no-answer-ends-the-process: one that cannot be written cuts its connection alone', async () => {
  const own = await startEdge({ tryRequest: () => Promise.resolve({ status: 42, body: {} }) }) // no status of HTTP
  const tried = fetch(`${own.url}/api/v1/postback/test`, { method: 'POST', headers: as(API_KEYS.viewer), body: '{}' })
  await expect(tried).rejects.toThrow('fetch failed')
  expect((await fetch(`${own.url}/healthz`)).status).toBe(200)
  await own.close()
})

test('no-stack-trace-in-an-answer: a handler that fails is answered 503, to be sent again', async () => {
  const broken = await startEdge({
    readiness: () => {
      throw new Error('inside')
    },
  })
  const response = await fetch(`${broken.url}/readyz`)
  expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1'])
  expect(await response.text()).not.toContain('inside')
  expect(await broken.metrics.registry.metrics()).toContain('postback_edge_answers_total{route="failed",status="503"} 1')
  await broken.close()
})
