import { beforeAll, expect, inject, test, vi } from 'vitest'
import { runCtl } from '../../src/console/ctl/index.ts'

const stack = inject('stack')
const api = `${stack.console_url}/api/v1`
/** What the contract grants a change to take effect everywhere. */
const EVERYWHERE_MS = 5_000

type Answer = { status: number; headers: Headers; body: Record<string, unknown> }
async function call(
  method: string,
  path: string,
  options: { key?: string; body?: unknown; headers?: Record<string, string> } = {},
): Promise<Answer> {
  const response = await fetch(api + path, {
    method,
    headers: {
      authorization: `Bearer ${options.key ?? workspace.api_key}`,
      ...(options.body !== undefined && { 'content-type': 'application/json' }),
      ...options.headers,
    },
    ...(options.body !== undefined && { body: JSON.stringify(options.body) }),
  })
  const text = await response.text()
  return { status: response.status, headers: response.headers, body: text === '' ? {} : JSON.parse(text) }
}

type Created = { id: string; api_key: string; admin_email: string; admin_password: string }
let workspace: Created
beforeAll(async () => {
  const { status, body } = await call('POST', '/workspaces', {
    key: stack.operator_api_key,
    body: { name: 'Console test', redirect_hosts: ['example.com'] },
  })
  expect(status).toBe(201)
  workspace = body as Created
})

const newSource = async () =>
  (await call('POST', '/sources', { body: { kind: 'tracker', tracker: 'generic', name: 'S' } })).body as {
    id: string
    postback_url: string
    key: string
  }
const fire = (url: string, clickId: string) => fetch(`${url}&event=Purchase&click_id=${clickId}`)

test('of many writers on one version exactly one wins', async () => {
  const { headers, body } = await call('GET', '/settings')
  const hours = [10, 11, 12, 13, 14, 15]
  const answers = await Promise.all(
    hours.map((hold_hours) => call('PATCH', '/settings', { body: { hold_hours }, headers: { 'if-match': headers.get('etag') ?? '' } })),
  )
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409, 409, 409])
  const winner = answers.find(({ status }) => status === 200)
  expect((await call('GET', '/settings')).body).toEqual({ ...body, hold_hours: winner?.body.hold_hours })
})

test('without If-Match every one of some writers gets in', async () => {
  const names = ['a', 'b', 'c', 'd']
  const answers = await Promise.all(names.map((name) => call('POST', '/sources', { body: { kind: 'tracker', tracker: 'keitaro', name } })))
  expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 201])
  const { items } = (await call('GET', '/sources')).body as { items: { name: string }[] }
  expect(items.map(({ name }) => name)).toEqual(expect.arrayContaining(names))
})

test('a new source is taken at the door, and its revocation too', async () => {
  const source = await newSource()
  await vi.waitFor(async () => expect((await fire(source.postback_url, 'x')).status).toBe(200), { timeout: EVERYWHERE_MS })
  expect((await call('POST', `/sources/${source.id}/revoke`)).status).toBe(200)
  await vi.waitFor(async () => expect((await fire(source.postback_url, 'x')).status).toBe(404), { timeout: EVERYWHERE_MS, interval: 100 })
})

test('a rotated key works beside the old one', async () => {
  const source = await newSource()
  const { body } = await call('POST', `/sources/${source.id}/rotate`, { body: { overlap_days: 1 } })
  expect(body.key).not.toBe(source.key)
  for (const url of [source.postback_url, String(body.postback_url)]) {
    await vi.waitFor(async () => expect((await fire(url, 'y')).status).toBe(200), { timeout: EVERYWHERE_MS })
  }
})

test('what came in is listed, counted, explained and streamed to its own workspace alone', async () => {
  const source = await newSource()
  const streamed = new AbortController()
  const stream = await fetch(`${api}/postback/events/stream`, {
    headers: { authorization: `Bearer ${workspace.api_key}` },
    signal: streamed.signal,
  })
  const { postback_id } = (await (await fire(source.postback_url, 'streamed-1')).json()) as { postback_id: string }
  let text = ''
  for await (const chunk of (stream.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream())) {
    text += chunk
    if (text.includes(postback_id)) break
  }
  streamed.abort()
  await vi.waitFor(
    async () => {
      const { body } = await call('GET', `/postback/events/${postback_id}`)
      expect(body).toMatchObject({
        status: 'held',
        why: 'click_not_seen',
        click_id: 'streamed-1',
        timeline: [{ stage: 'received' }, { stage: 'held' }],
      })
    },
    { timeout: 20_000, interval: 200 },
  )
  const { items } = (await call('GET', '/postback/events?status=held&q=streamed-1')).body as { items: { postback_id: string }[] }
  expect(items.map((item) => item.postback_id)).toEqual([postback_id])
  expect(((await call('GET', '/postback/stats')).body as { held: number }).held).toBeGreaterThan(0)
  expect((await call('GET', `/postback/events/${postback_id}`, { key: stack.workspace.api_key })).status).toBe(404)
})

test('a request is tried without a trace', async () => {
  const source = await newSource()
  const before = ((await call('GET', '/postback/stats')).body as { received: number }).received
  const { status, body } = await call('POST', '/postback/test', {
    body: { method: 'GET', url: `${source.postback_url}&event=sale&click_id=none-such&value=5&currency=EUR` },
  })
  expect(status).toBe(200)
  expect(body).toMatchObject({ reading: { event: 'Purchase', value: '5', currency: 'EUR' }, matching: { status: 'held' } })
  expect(((await call('GET', '/postback/stats')).body as { received: number }).received).toBe(before)
})

test('an account signs in on the real topic and out again', async () => {
  const signIn = await fetch(`${api}/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: workspace.admin_email, password: workspace.admin_password }),
  })
  expect(signIn.status).toBe(200)
  const cookie = signIn.headers.getSetCookie()[0]?.split(';')[0] ?? ''
  const ask = () => fetch(`${api}/settings`, { headers: { cookie } })
  expect((await ask()).status).toBe(200)
  expect((await fetch(`${api}/session`, { method: 'DELETE', headers: { cookie } })).status).toBe(204)
  expect((await ask()).status).toBe(401)
})

test('ctl speaks to the running console', async () => {
  const out: string[] = []
  const env = { POSTBACK_URL: stack.console_url, POSTBACK_API_KEY: workspace.api_key }
  await runCtl(['--json', 'sources', 'list'], env, { out: (text) => out.push(text), err: (text) => out.push(text) })
  expect(JSON.parse(out.join('')).items.length).toBeGreaterThan(3)
})
