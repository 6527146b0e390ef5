import { connect } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { OPERATOR_KEY, openConsole } from '../../test/support/console-in-memory.ts'

let at: Awaited<ReturnType<typeof openConsole>>
let ws: Awaited<ReturnType<typeof at.createWorkspace>>
beforeEach(async () => {
  at = await openConsole()
  ws = await at.createWorkspace()
})
afterEach(() => at.end())

const META = { platform: 'meta', name: 'Pixel', settings: { pixel_id: '1234567890' }, credentials: { access_token: 'EAAB-very-secret' } }
const SOURCE = { kind: 'tracker', tracker: 'keitaro', name: 'Main' }
const keyOf = async (role: string) =>
  (await at.call('POST', '/api/v1/api-keys', { key: ws.api_key, body: { name: role, role } })).body.api_key as string

test('the operator creates a workspace whose key and account work', async () => {
  const created = await at.call('POST', '/api/v1/workspaces', {
    key: OPERATOR_KEY,
    body: { name: 'Beta', rate_limit_per_min: 5, over_limit: 'reject' },
  })
  expect(created).toMatchObject({ status: 201, body: { id: expect.stringMatching(/^w[a-z2-7]{10}$/), sources: [] } })
  const settings = await at.call('GET', '/api/v1/settings', { key: created.body.api_key })
  expect(settings.body).toMatchObject({ name: 'Beta', rate_limit_per_min: 5, over_limit: 'reject', hold_hours: 72 })
  expect((await at.call('GET', '/connect/postback', { cookie: await at.signIn(ws) })).status).toBe(200)
})

test('nobody else creates workspaces', async () => {
  const attempt = (key?: string) => at.call('POST', '/api/v1/workspaces', { body: { name: 'x' }, ...(key !== undefined && { key }) })
  expect((await attempt()).status).toBe(401)
  expect((await attempt(ws.api_key)).status).toBe(403)
  expect((await attempt(`${OPERATOR_KEY}x`)).status).toBe(401)
})

test('a source has both keys and its URLs, for those who may see them', async () => {
  const { status, body } = await at.call('POST', '/api/v1/sources', { key: ws.api_key, body: SOURCE })
  expect(status).toBe(201)
  expect(body).toMatchObject({ ...SOURCE, timezone: 'UTC', reply: 'json', default_currency: null })
  expect(body.key).toMatch(new RegExp(`^${ws.id}-${body.id}\\.1\\.a\\.[\\w-]{22}$`))
  expect(body.postback_url).toBe(`https://edge.example/api/v1/postback/conversions?key=${body.key}`)
  expect(body.click_url).toBe(`https://edge.example/c/${body.click_key}`)
  const seen = await at.call('GET', `/api/v1/sources/${body.id}`, { key: await keyOf('viewer') })
  expect(seen.body).toMatchObject({ id: body.id, key: null, click_key: null, postback_url: null, click_url: null, signing_secret: null })
})

test('rotation keeps two versions alive, revocation none', async () => {
  const { body: source } = await at.call('POST', '/api/v1/sources', { key: ws.api_key, body: SOURCE })
  const versions = (body: { key_versions: { version: number; state: string }[] }) =>
    body.key_versions.map(({ version, state }) => `${version} ${state}`)
  const path = `/api/v1/sources/${source.id}`
  const once = await at.call('POST', `${path}/rotate`, { key: ws.api_key, body: { overlap_days: 1 } })
  expect(versions(once.body)).toEqual(['1 retiring', '2 live'])
  expect(once.body.key).not.toBe(source.key)
  const twice = await at.call('POST', `${path}/rotate`, { key: ws.api_key })
  expect(versions(twice.body)).toEqual(['1 retired', '2 retiring', '3 live'])
  const one = await at.call('POST', `${path}/revoke`, { key: ws.api_key, body: { version: 2 } })
  expect(versions(one.body)).toEqual(['1 retired', '2 revoked', '3 live'])
  expect((await at.call('POST', `${path}/revoke`, { key: ws.api_key, body: { version: 9 } })).status).toBe(404)
  expect((await at.call('DELETE', path, { key: ws.api_key })).status).toBe(204)
  const gone = await at.call('GET', path, { key: ws.api_key })
  expect(versions(gone.body)).toEqual(['1 revoked', '2 revoked', '3 revoked'])
  expect(gone.body.key).toBeNull()
})

test('credentials go in sealed and never come out', async () => {
  const created = await at.call('POST', '/api/v1/destinations', { key: ws.api_key, body: META })
  expect(created).toMatchObject({ status: 201, body: { platform: 'meta', active: true, sandbox: false, resumed_at: null } })
  const all = await at.call('GET', '/api/v1/destinations', { key: ws.api_key })
  expect(created.text + all.text + JSON.stringify(at.records)).not.toContain('EAAB')
  expect(created.body).not.toHaveProperty('credentials')
})

test.each([
  {
    name: 'settings the platform does not know',
    body: { ...META, settings: { pixel_id: 'abc' } },
    param: 'settings.pixel_id',
    sent: '[not shown]',
  },
  { name: 'credentials that lack the token', body: { ...META, credentials: {} }, param: 'credentials.access_token', sent: '' },
  {
    name: 'a credential of a wrong type',
    body: { ...META, credentials: { access_token: 42 } },
    param: 'credentials.access_token',
    sent: '[secret]',
  },
  { name: 'an unknown property', body: { ...META, resumed_at: null }, param: 'resumed_at', sent: 'null' },
  { name: 'an unknown platform', body: { ...META, platform: 'x' }, param: 'platform', sent: 'x' },
  { name: 'an unknown event', body: { ...META, event_map: { Buy: 'x' } }, param: 'event_map.Buy', sent: 'Buy' },
])('a destination with $name is refused by field', async ({ body, param, sent }) => {
  const answer = await at.call('POST', '/api/v1/destinations', { key: ws.api_key, body })
  expect(answer.status).toBe(422)
  expect(answer.headers.get('content-type')).toBe('application/problem+json; charset=utf-8')
  expect(answer.body).toMatchObject({ code: 'validation_failed', errors: [{ param, sent, expected: expect.any(String) }] })
})

test.each([
  { name: 'a key of its own making', body: { ...SOURCE, key_versions: [] }, param: 'key_versions' },
  { name: 'an unknown time zone', body: { ...SOURCE, timezone: 'Mars/Base' }, param: 'timezone' },
  { name: 'a time zone in another spelling', body: { ...SOURCE, timezone: 'europe/berlin' }, param: 'timezone' },
  { name: 'a currency that is none', body: { ...SOURCE, default_currency: 'XXZ' }, param: 'default_currency' },
  { name: 'a country that is none', body: { ...SOURCE, default_country: 'XX' }, param: 'default_country' },
  { name: 'a reply of two lines', body: { ...SOURCE, reply: 'text:a\r\nb' }, param: 'reply' },
  { name: 'no name', body: { kind: 'tracker', tracker: 'keitaro' }, param: 'name' },
])('a source with $name is refused', async ({ body, param }) => {
  const answer = await at.call('POST', '/api/v1/sources', { key: ws.api_key, body })
  expect(answer).toMatchObject({ status: 422, body: { errors: [{ param }] } })
})

test('of two changes on one version the second is a conflict', async () => {
  const { body, headers } = await at.call('POST', '/api/v1/sources', { key: ws.api_key, body: SOURCE })
  const etag = headers.get('etag') ?? ''
  const patch = (name: string) =>
    at.call('PATCH', `/api/v1/sources/${body.id}`, { key: ws.api_key, body: { name }, headers: { 'if-match': etag } })
  expect((await patch('First')).status).toBe(200)
  const second = await patch('Second')
  expect(second).toMatchObject({ status: 409, body: { code: 'conflict' } })
  const now = await at.call('GET', `/api/v1/sources/${body.id}`, { key: ws.api_key })
  expect(now.body.name).toBe('First')
  expect(now.headers.get('etag')).toBe(second.headers.get('etag'))
  expect((await at.call('PATCH', `/api/v1/sources/${body.id}`, { key: ws.api_key, body: { name: 'Third' } })).body.name).toBe('Third')
})

test('rules lead to destinations that exist, in their order, and hold them', async () => {
  const { body: destination } = await at.call('POST', '/api/v1/destinations', { key: ws.api_key, body: META })
  const rule = (name: string, more = {}) => ({ name, when: { event: ['Purchase'] }, destination_ids: [destination.id], ...more })
  const post = (body: unknown) => at.call('POST', '/api/v1/rules', { key: ws.api_key, body })
  expect(await post({ ...rule('x'), destination_ids: ['dnowhere'] })).toMatchObject({
    status: 422,
    body: { errors: [{ sent: 'dnowhere' }] },
  })
  expect(await post(rule('x', { when: { tag: ['a'] } }))).toMatchObject({ status: 422, body: { errors: [{ param: 'when.tag' }] } })
  const second = await post(rule('second'))
  await post(rule('first', { position: 0 }))
  const names = async () => (await at.call('GET', '/api/v1/rules', { key: ws.api_key })).body.items.map((one: { name: string }) => one.name)
  expect(await names()).toEqual(['first', 'second'])
  await at.call('PATCH', `/api/v1/rules/${second.body.id}`, { key: ws.api_key, body: { position: 0 } })
  expect(await names()).toEqual(['second', 'first'])
  expect((await at.call('DELETE', `/api/v1/destinations/${destination.id}`, { key: ws.api_key })).status).toBe(409)
})

test('the limit is the operator’s', async () => {
  const patch = (key: string, headers = {}) => at.call('PATCH', '/api/v1/settings', { key, body: { rate_limit_per_min: 9 }, headers })
  expect((await patch(ws.api_key)).status).toBe(403)
  expect((await patch(OPERATOR_KEY, { 'x-workspace-id': ws.id })).body.rate_limit_per_min).toBe(9)
  expect((await at.call('GET', '/api/v1/sources', { key: OPERATOR_KEY, headers: { 'x-workspace-id': ws.id } })).status).toBe(403)
})

test.each([
  { body: { allowlist: { mode: 'enforce', cidrs: ['10.0.0.0/33'] } }, param: 'allowlist.cidrs.0' },
  { body: { redirect_hosts: ['https://shop.example'] }, param: 'redirect_hosts.0' },
  { body: { workspace_id: 'w2' }, param: 'workspace_id' },
])('settings refuse $param', async ({ body, param }) => {
  expect(await at.call('PATCH', '/api/v1/settings', { key: ws.api_key, body })).toMatchObject({
    status: 422,
    body: { errors: [{ param }] },
  })
})

test('another workspace is as unknown as one that does not exist', async () => {
  const other = await at.createWorkspace()
  const { body: source } = await at.call('POST', '/api/v1/sources', { key: other.api_key, body: SOURCE })
  at.told.events.set(other.id, [{ postback_id: '01900000-0000-7000-8000-000000000001', reading: null, click: null } as never])
  for (const [method, path] of [
    ['GET', `/api/v1/sources/${source.id}`],
    ['PATCH', `/api/v1/sources/${source.id}`],
    ['DELETE', `/api/v1/sources/${source.id}`],
    ['POST', `/api/v1/sources/${source.id}/rotate`],
    ['GET', '/api/v1/postback/events/01900000-0000-7000-8000-000000000001'],
  ] as const) {
    const answer = await at.call(method, path, { key: ws.api_key, ...(method === 'PATCH' && { body: {} }) })
    expect(answer, `${method} ${path}`).toMatchObject({ status: 404, body: { code: 'not_found' } })
  }
  expect((await at.call('GET', '/api/v1/settings', { key: ws.api_key, headers: { 'x-workspace-id': other.id } })).status).toBe(404)
  expect((await at.call('GET', '/api/v1/postback/events/01900000-0000-7000-8000-000000000001', { key: other.api_key })).status).toBe(200)
})

test.each([
  { role: 'viewer', status: 200 },
  { role: 'data', status: 403 },
])('$role tries a request: $status, as on the edge', async ({ role, status }) => {
  expect((await at.call('POST', '/api/v1/postback/test', { key: await keyOf(role), body: { url: 'x' } })).status).toBe(status)
})

test.each([
  { role: 'viewer', method: 'POST', path: '/api/v1/sources', body: SOURCE },
  { role: 'viewer', method: 'GET', path: '/api/v1/postback/config' },
  { role: 'viewer', method: 'GET', path: '/api/v1/api-keys' },
  { role: 'data', method: 'GET', path: '/api/v1/sources' },
  { role: 'data', method: 'GET', path: '/api/v1/settings' },
  { role: 'editor', method: 'PATCH', path: '/api/v1/settings', body: {} },
  { role: 'editor', method: 'POST', path: '/api/v1/api-keys', body: { name: 'x', role: 'data' } },
])('$role may not $method $path', async ({ role, method, path, body }) => {
  const key = await keyOf(role)
  expect(await at.call(method, path, { key, ...(body !== undefined && { body }) })).toMatchObject({
    status: 403,
    body: { code: 'forbidden' },
  })
  expect((await at.call('GET', '/api/v1/postback/stats', { key })).status).toBe(200)
})

test('a revoked key is unknown at once, and an admin hands out no owner keys', async () => {
  const admin = await keyOf('admin')
  expect((await at.call('POST', '/api/v1/api-keys', { key: admin, body: { name: 'x', role: 'owner' } })).status).toBe(403)
  const { body } = await at.call('GET', '/api/v1/api-keys', { key: ws.api_key })
  const id = body.items.find((key: { role: string }) => key.role === 'admin').id
  expect(JSON.stringify(body)).not.toContain(admin)
  await at.call('DELETE', `/api/v1/api-keys/${id}`, { key: ws.api_key })
  expect((await at.call('GET', '/api/v1/settings', { key: admin })).status).toBe(401)
})

test('filters reach the store as values of the asker’s workspace', async () => {
  const query = 'status=held&event=Purchase&platform=meta&from=2026-11-24T00:00:00Z&to=2026-11-25T00:00:00Z&limit=200&q=abc'
  expect((await at.call('GET', `/api/v1/postback/events?${query}`, { key: ws.api_key })).status).toBe(200)
  const filters = {
    status: 'held',
    event: 'Purchase',
    platform: 'meta',
    from: 1_795_478_400_000,
    to: 1_795_564_800_000,
    limit: 200,
    q: 'abc',
  }
  expect(at.told.asked.at(-1)).toEqual({ what: 'list', workspaceId: ws.id, with: filters })
})

test.each([
  'events?status=done',
  'events?limit=201',
  'events?workspace_id=w2',
  'events?cursor=nonsense',
  'events?from=yesterday',
  'stats?group_by=click_id',
  'stats?bucket=second',
  'stats?tz=Mars/Base',
  'stats?tz=europe/berlin',
  'stats?tz=%2B05:30',
  'stats?tz=US/Pacific-New',
  'stats?bucket=minute&from=1970-01-01T00:00:00Z',
])('%s is refused', async (path) => {
  expect(await at.call('GET', `/api/v1/postback/${path}`, { key: ws.api_key })).toMatchObject({
    status: 422,
    body: { code: 'validation_failed' },
  })
})

test.each([
  { name: 'unknown address', method: 'GET', path: '/api/v1/nothing', status: 404, code: 'not_found' },
  { name: 'unknown method', method: 'PUT', path: '/api/v1/settings', status: 405, code: 'method_not_allowed' },
  { name: 'broken JSON', method: 'POST', path: '/api/v1/sources', body: '{"kind":', status: 400, code: 'invalid_json' },
  {
    name: 'a body too large',
    method: 'POST',
    path: '/api/v1/sources',
    body: `"${'x'.repeat(1_000_001)}"`,
    status: 413,
    code: 'body_too_large',
  },
])('$name: $code', async ({ method, path, body, status, code }) => {
  const answer = await at.call(method, path, { key: ws.api_key, ...(body !== undefined && { body }) })
  expect(answer).toMatchObject({ status, body: { code, status } })
  expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
  expect(answer.headers.get('strict-transport-security')).toContain('max-age=63072000')
  expect(answer.headers.get('cache-control')).toBe('no-store')
  if (status === 405) expect(answer.headers.get('allow')).toBe('HEAD, GET, PATCH')
})

test('without TLS nothing but health is answered, unless it is allowed', async () => {
  const strict = await openConsole({ allowHttp: false })
  expect(await strict.call('GET', '/sign-in')).toMatchObject({ status: 403, body: { code: 'https_required' } })
  expect((await strict.call('GET', '/healthz')).status).toBe(200)
  expect((await strict.call('GET', '/readyz')).body).toEqual({ ready: true, reason: 'ready' })
  await strict.end()
})

test('a failure of the store tells nothing of itself', async () => {
  const broken = await openConsole({
    reads: { listEvents: () => Promise.reject(new Error("SELECT * FROM secrets WHERE id = 'x'")) } as never,
  })
  const { api_key } = await broken.createWorkspace()
  const answer = await broken.call('GET', '/api/v1/postback/events', { key: api_key })
  expect(answer).toMatchObject({ status: 503, body: { code: 'overloaded' } })
  expect(answer.text).not.toContain('SELECT')
  await broken.end()
})

const bytes = (text: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const { port } = new URL(at.url)
    const socket = connect(Number(port), '127.0.0.1', () => socket.write(text, 'latin1'))
    let answer = ''
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1')
    })
    socket.on('close', () => resolve(answer)).on('error', reject)
  })
test.each([
  ['a blank in the URL', 'GET /docs?a=b c HTTP/1.1\r\nHost: x\r\n\r\n', 400],
  ['a header of 17 kB', `GET /docs HTTP/1.1\r\nHost: x\r\nX: ${'a'.repeat(17_000)}\r\n\r\n`, 431],
  ['two lengths', 'POST /docs HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\na', 400],
  ['no Host', 'GET /docs HTTP/1.1\r\nConnection: close\r\n\r\n', 400],
  ['an expectation nobody knows', 'POST /docs HTTP/1.1\r\nHost: x\r\nExpect: x\r\nContent-Length: 2\r\n\r\n{}', 417],
])('every-answer-is-a-problem: %s', async (_, packet, status) => {
  const [head = '', body = ''] = (await bytes(packet)).split('\r\n\r\n')
  expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
  expect(head.toLowerCase()).toMatch(/\r\nx-content-type-options: nosniff/)
  expect(JSON.parse(body)).toMatchObject({ status, detail: expect.any(String) })
})

test.each(['%E0%A4%A', '%', '%00', '__proto__', 'constructor'])('nothing is at the id %s', async (id) => {
  for (const path of [`/api/v1/sources/${id}`, `/api/v1/postback/events/${id}`, `/assets/x/${id}`])
    expect((await at.call('GET', path, { key: ws.api_key })).status, path).toBe(404)
})

test('nothing-nests-without-end: bodies of many levels are refused by their depth', async () => {
  const send = (path: string, body: string) =>
    fetch(`${at.url}${path}`, {
      method: 'POST',
      body,
      headers: { authorization: `Bearer ${ws.api_key}`, 'content-type': 'application/json' },
    })
  const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`
  for (const [path, body] of [
    ['/api/v1/destinations', `{"platform":"meta","name":"x","settings":{"a":${deep}},"credentials":{}}`],
    ['/api/v1/sources', `{"kind":${deep}}`],
    ['/api/v1/postback/test', `{"url":"x","method":"POST","body":{"a":${deep}}}`],
  ] as const)
    expect((await send(path, body)).status, path).toBe(400)
  expect((await send('/api/v1/sources', '{"kind":"tracker","tracker":"generic","name":"x","status_map":{"__proto__":{}}}')).status).toBe(
    400,
  )
})

test('an-answer-is-bounded: thousands of fields that are none are told in fifty', async () => {
  const body = Object.fromEntries(Array.from({ length: 50_000 }, (_, n) => [`k${n}`, 1]))
  const refused = await at.call('POST', '/api/v1/sources', { key: ws.api_key, body })
  expect([refused.status, refused.body.errors.length]).toEqual([422, 50])
})
