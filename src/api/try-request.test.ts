import { Webhook } from 'standardwebhooks'
import { expect, test } from 'vitest'
import { sampleClick } from '../events/samples.ts'
import { hashUser } from '../platforms/user-forms.ts'
import { decide } from '../roles/door.ts'
import { route } from '../routing/route.ts'
import { DEFAULT_SETTINGS, Destination, Source, type Workspace } from '../workspaces/schema.ts'
import { shownSecret, signingSecret } from '../workspaces/signing-secret.ts'
import { mintKey } from '../workspaces/source-key.ts'
import { createOpenTarget } from './open-target.ts'
import { type TryDeps, tryRequest } from './try-request.ts'

const NOW = Date.UTC(2026, 10, 20, 12)
const ring = { id: 'r1', secret: Buffer.alloc(32, 1) }
const sealed = { key: 'k', nonce: '', data: '' }
const destination = (platform: 'meta' | 'tiktok', settings: Record<string, string>): Destination =>
  Destination.parse({
    id: `d_${platform}`,
    platform,
    name: platform,
    settings,
    credentials: sealed,
    sandbox: false,
    active: true,
    send_unmatched: false,
    event_map: {},
    min_click_age: null,
    test_code: null,
    resumed_at: null,
  })
const workspace: Workspace = {
  id: 'acme',
  settings: { ...DEFAULT_SETTINGS, name: 'Acme' },
  sources: [
    Source.parse({
      id: 's1',
      kind: 'tracker',
      tracker: 'keitaro',
      name: 's1',
      default_currency: 'USD',
      default_country: null,
      timezone: 'UTC',
      status_map: {},
      dedupe: {},
      reply: 'json',
      key_versions: [
        { version: 1, ring: 'r1', created_at: 0, retires_at: null, revoked_at: null },
        { version: 2, ring: 'r1', created_at: 0, retires_at: null, revoked_at: 1 },
        { version: 3, ring: 'r1', created_at: 0, retires_at: 1, revoked_at: null },
      ],
    }),
  ],
  destinations: [destination('meta', { pixel_id: '123456789012345' }), destination('tiktok', { pixel_code: 'C4EXAMPLE' })],
  rules: [],
  api_keys: [],
}
const key = mintKey('acme', 's1', 1, ring, 'pbk1')
const clicks = new Map([
  [
    'known',
    sampleClick({
      workspace_id: 'acme',
      click_id: 'known',
      clicked_at: NOW - 3_600_000,
      fbclid: 'IwAR1',
      client_ip: '203.0.113.9',
      client_user_agent: 'B/1',
    }),
  ],
  ['old', sampleClick({ click_id: 'old', clicked_at: NOW - 40 * 86_400_000 })],
  ['later', sampleClick({ click_id: 'later', clicked_at: NOW + 360_000 })],
  ['skewed', sampleClick({ click_id: 'skewed', clicked_at: NOW + 1 })],
])
const deps: TryDeps = {
  decide,
  rings: [ring],
  hashUser,
  nowMs: () => NOW,
  newId: () => '01900000-0000-7000-8000-000000000001',
  allowHttp: false,
  lookupClick: (_, id) =>
    Promise.resolve({ click: clicks.get(id) ?? null, nearest_click_id: id.toLowerCase() === 'known' && id !== 'known' ? 'known' : null }),
  route,
  openTarget: createOpenTarget({ unseal: () => ({ access_token: 'EAAsecret' }), twinUrl: () => undefined }),
}
type Tried = {
  dialect: string
  reading: Record<string, unknown>
  problems: { code: string }[]
  matching: { status: string; why?: string }
  deliveries: { platform: string; request?: { url: string; body: unknown }; suppressed?: string }[]
}
const attempt = async (query: string, more: Partial<TryDeps> = {}): Promise<Tried> =>
  (await tryRequest(workspace, { url: `https://edge.test/api/v1/postback/conversions?key=${key}&${query}` }, { ...deps, ...more }))
    .body as Tried

test('a known click: its reading, its match and the very payload of its platform, without the secret', async () => {
  const tried = await attempt('subid=known&status=sale&revenue=12,50&user_email=jane%40example.test')
  expect(tried).toMatchObject({
    dialect: 'keitaro',
    reading: { event: 'Purchase', value: '12.50', currency: 'USD', conversion_status: 'approved' },
    problems: [],
    matching: { status: 'matched', click: { click_id: 'known' } },
    deliveries: [{ platform: 'meta', destination_id: 'd_meta', request: { method: 'POST', body: { data: [{ event_name: 'Purchase' }] } } }],
  })
  expect(tried.deliveries).toHaveLength(1)
  expect(JSON.stringify(tried)).not.toMatch(/EAAsecret|jane/)
})

test('public-shape: the click that was found is shown with ISO times and aliases, not as its record', async () => {
  const { matching } = (await attempt('subid=known&status=sale')) as { matching: { click?: object } }
  expect(matching.click).toMatchObject({ click_id: 'known', clicked_at: '2026-11-20T11:00:00.000Z' })
  expect(matching.click).not.toHaveProperty('workspace_id')
  expect(matching.click).not.toHaveProperty('ids')
})

test.each([
  ['subid=nobody&status=sale', 'held', 'click_not_seen'],
  ['subid={subid}&status=sale', 'unmatched', 'macro_unreplaced'],
  ['subid=&status=sale', 'unmatched', 'no_click_id'],
  ['status=sale', 'unmatched', 'no_click_id'],
  ['subid=old&status=sale', 'unmatched', 'click_expired'],
  ['subid=later&status=sale', 'unmatched', 'before_click'],
  ['subid=known&status=', 'unmatched', 'no_event'],
])('%s is %s (%s), and nothing would be sent', async (query, status, why) => {
  const tried = await attempt(query)
  expect(tried).toMatchObject({ matching: { status, why }, deliveries: [] })
  if (status === 'unmatched' && why.startsWith('no_')) expect(tried.problems.map((problem) => problem.code)).toContain(why)
})

test('the answer is what attribution would decide: clocks may differ by some minutes', async () => {
  expect(await attempt('subid=skewed&status=sale')).toMatchObject({ matching: { status: 'matched', click: { click_id: 'skewed' } } })
})

test('a status that is kept back says so', async () => {
  expect(await attempt('subid=known&status=rejected')).toMatchObject({ deliveries: [{ platform: 'meta', suppressed: 'status_not_sent' }] })
})

test('ids of the platform in the request match by themselves', async () => {
  expect(await attempt('status=sale&revenue=1&ttclid=E.C.P.x')).toMatchObject({
    matching: { status: 'matched' },
    deliveries: [{ platform: 'tiktok' }],
  })
})

test.each<[string, Partial<TryDeps>]>([
  ['slow', { lookupClick: () => new Promise(() => undefined) }],
  ['down', { lookupClick: () => Promise.reject(new Error('down')) }],
])('the store that is %s leaves matching unknown', async (_, more) => {
  expect(await attempt('subid=known&status=sale', more)).toMatchObject({ matching: { status: 'unknown' }, deliveries: [] })
})

test.each([2, 3])('the-test-tells-what-the-door-would: a key of version %i, revoked or retired, is a problem', async (version) => {
  const old = mintKey('acme', 's1', version, ring, 'pbk1')
  for (const url of [
    `https://edge.test/api/v1/postback/conversions?key=${old}&subid=known&status=sale`,
    `https://edge.test/api/v1/postback/conversions/${old}?subid=known&status=sale`,
  ]) {
    const { body } = await tryRequest(workspace, { url }, deps)
    expect(body).toMatchObject({
      dialect: 'keitaro',
      problems: [{ code: 'key_unknown', param: 'key', message: expect.stringContaining('revoked') }],
    })
  }
})

test('every-422-says-what-was-sent: a test that is no request', async () => {
  const { status, body } = await tryRequest(workspace, { url: '', method: 'PUT', headers: 'x', colour: 'red' }, deps)
  expect(status).toBe(422)
  expect(body).toMatchObject({
    errors: expect.arrayContaining([
      expect.objectContaining({ param: 'method', sent: 'PUT', expected: 'GET or POST' }),
      expect.objectContaining({ param: 'headers', sent: 'x' }),
      expect.objectContaining({ param: 'url', sent: '' }),
      expect.objectContaining({ param: 'colour', sent: 'red' }),
    ]),
  })
  expect(JSON.stringify(body)).not.toMatch(/Invalid|Too small|expected string/)
  expect((await tryRequest(workspace, { url: 'https://' }, deps)).body).toMatchObject({ errors: [{ param: 'url', sent: 'https://' }] })
})

test('a whole request with body, and a URL that is not ours', async () => {
  const { body } = await tryRequest(
    workspace,
    {
      method: 'POST',
      url: 'https://tracker.test/postback?cid=a&txid=1',
      headers: { 'Content-Type': 'application/json' },
      body: { et: 'sale' },
    },
    deps,
  )
  expect(body).toMatchObject({
    dialect: 'voluum',
    reading: { event: 'Purchase', click_id: 'a', transaction_id: '1' },
    problems: [{ code: 'key_unknown' }],
  })
})

test.each([[null], [{}], [{ url: 'https://x.test', method: 'PUT' }], [{ url: 'https://x.test', more: 1 }]])(
  '%o is no request',
  async (input) => {
    expect(await tryRequest(workspace, input, deps)).toMatchObject({ status: 422, body: { code: 'validation_failed' } })
  },
)

test('another spelling of a known click is told, with the click id that would be right', async () => {
  expect(await attempt('subid=KNOWN&status=sale')).toMatchObject({
    matching: { status: 'held', why: 'case_differs', nearest_click_id: 'known' },
    deliveries: [],
  })
  expect((await attempt('subid=known&status=sale')).matching).not.toHaveProperty('nearest_click_id')
})

test('the-test-tells-what-the-door-would: plain http, and a backend that does not sign as it must', async () => {
  const { body } = await tryRequest(workspace, { url: `http://edge.test/api/v1/postback/conversions/${key}?subid=known&status=sale` }, deps)
  expect(body).toMatchObject({ problems: [{ code: 'https_required' }] })
  const [first] = workspace.sources
  const strict = { ...workspace, sources: [{ ...first, kind: 'backend', require_signature: true } as Source] }
  const url = `https://edge.test/api/v1/postback/conversions?key=${key}`
  const text = '{"event":"Lead","click_id":"known"}'
  expect((await tryRequest(strict, { method: 'POST', url, body: text }, deps)).body).toMatchObject({
    problems: [{ code: 'signature_missing' }],
  })
  const secret = shownSecret(signingSecret('acme', 's1', 1, ring))
  const headers = (by: string) => ({
    'Webhook-Id': 'm1',
    'Webhook-Timestamp': String(NOW / 1_000),
    'Webhook-Signature': new Webhook(by).sign('m1', new Date(NOW), text),
  })
  expect((await tryRequest(strict, { method: 'POST', url, body: text, headers: headers(secret) }, deps)).body).toMatchObject({
    problems: [],
  })
  expect((await tryRequest(strict, { method: 'POST', url, body: text, headers: headers('whsec_AAAA') }, deps)).body).toMatchObject({
    problems: [{ code: 'signature_mismatch' }],
  })
})
