import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startTwins } from '../../src/twins/index.ts'

// Requests here are written by hand from the platforms' documents: nothing of the forwarder takes part.

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const START_MS = Date.parse('2026-11-20T12:00:00.000Z')
const HASH = '509e933019bb285a134a9334b8bb679dff79d0ce023d529af4bd744d47b4fd8a'
const silent = { debug() {}, info() {}, warn() {}, error() {} }

let nowMs = START_MS
let twins: Awaited<ReturnType<typeof startTwins>>
beforeAll(async () => {
  twins = await startTwins({ ports: { meta: 0, google: 0, tiktok: 0 }, host: '127.0.0.1', nowMs: () => nowMs, log: silent })
})
afterAll(() => twins.close())

type Name = 'meta' | 'google' | 'tiktok'
async function call(name: Name, method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const response = await fetch(twins.urls[name] + path, { method, headers, ...(body !== undefined && { body: text }) })
  const answer = await response.text()
  const isJson = response.headers.get('content-type')?.includes('json') === true
  // biome-ignore lint/suspicious/noExplicitAny: answers are looked into field by field
  return { status: response.status, headers: response.headers, body: isJson ? (JSON.parse(answer) as any) : answer }
}
const conversions = async (name: Name) => (await call(name, 'GET', '/_twin/conversions')).body.items
const script = (name: Name, body: unknown) => call(name, 'PUT', '/_twin/script', body)

beforeEach(async () => {
  nowMs = START_MS
  for (const name of ['meta', 'google', 'tiktok'] as const) {
    await script(name, '{"replies": [], "then": "rules"}')
    await call(name, 'DELETE', '/_twin/requests')
    await call(name, 'DELETE', '/_twin/conversions')
  }
})

describe('Meta', () => {
  const event = (given: object = {}) => ({
    event_name: 'Purchase',
    event_time: nowMs / 1_000 - 60,
    event_id: 'e1',
    action_source: 'website',
    user_data: { em: [HASH], client_ip_address: '192.0.2.1', client_user_agent: 'Mozilla/5.0', fbc: 'fb.1.1795000000000.IwAR' },
    custom_data: { value: 12.34, currency: 'USD' },
    ...given,
  })
  const send = (data: unknown, path = '/v26.0/123456789012345/events', access_token: unknown = 'EAAx') =>
    call('meta', 'POST', path, { data, access_token })

  test('takes a batch and counts it', async () => {
    const { status, body } = await send([event(), event({ event_id: 'e2' })])
    expect(status).toBe(200)
    expect(body).toEqual({ events_received: 2, messages: [], fbtrace_id: expect.any(String) })
    expect(await conversions('meta')).toEqual([
      { destination: '123456789012345', event: 'Purchase', event_id: 'e1', value: 12.34, currency: 'USD', count_raw: 1 },
      { destination: '123456789012345', event: 'Purchase', event_id: 'e2', value: 12.34, currency: 'USD', count_raw: 1 },
    ])
  })

  test('the same name and id within 48 h count once, the first; later twice', async () => {
    await send([event()])
    nowMs += 48 * HOUR_MS
    await send([event({ custom_data: { value: 99, currency: 'USD' } })])
    expect(await conversions('meta')).toMatchObject([{ event_id: 'e1', value: 12.34, count_raw: 2 }])
    await send([event({ event_name: 'Lead' })])
    expect(await conversions('meta')).toHaveLength(2)
    nowMs += 1_000
    await send([event()])
    expect(await conversions('meta')).toHaveLength(3)
  })

  test.each([
    ['older than seven days', { event_time: START_MS / 1_000 - 7 * 86_400 - 1 }, 2804003],
    ['a Purchase without value', { custom_data: { currency: 'USD' } }, 2804009],
    ['no custom_data on a Purchase', { custom_data: undefined }, 2804009],
    ['user agent alone', { user_data: { client_user_agent: 'Mozilla/5.0' } }, 2804050],
    ['empty user_data', { user_data: {} }, 2804050],
    ['a malformed fbc', { user_data: { fbc: 'IwAR' } }, 2804001],
    ['fbc in seconds', { user_data: { fbc: 'fb.1.1795000000.IwAR' } }, 2804001],
    ['an email in clear', { user_data: { em: 'a@example.com' } }, undefined],
    ['an upper-case hash', { user_data: { em: HASH.toUpperCase() } }, undefined],
    ['a hashed address', { user_data: { em: HASH, client_ip_address: HASH } }, undefined],
    ['a time in milliseconds', { event_time: START_MS }, undefined],
    ['a value as text', { custom_data: { value: '12.34', currency: 'USD' } }, undefined],
    ['no action_source', { action_source: undefined }, undefined],
    ['a numeric event id', { event_id: 7 }, undefined],
    ['an app event without app_data', { action_source: 'app' }, undefined],
    ['a test code inside an event', { test_event_code: 'TEST1' }, undefined],
  ])('one event with %s refuses the batch', async (_, given, subcode) => {
    const { status, body } = await send([event({ event_id: 'good' }), event(given)])
    expect(status).toBe(400)
    expect(body.error).toMatchObject({ type: 'OAuthException', code: 100, is_transient: false, fbtrace_id: expect.any(String) })
    expect(body.error.error_subcode).toBe(subcode)
    expect(await conversions('meta')).toEqual([])
  })

  test.each([
    ['62 days in a store', { action_source: 'physical_store', event_time: START_MS / 1_000 - 61 * 86_400 }],
    ['fbc with a fifth segment', { user_data: { fbc: 'fb.2.1795000000000.IwAR_x-1.Bg' } }],
    ['a full app event', { action_source: 'app', app_data: { advertiser_tracking_enabled: 1, extinfo: Array(16).fill('a2') } }],
    ['limited data use', { data_processing_options: ['LDU'], data_processing_options_country: 0, data_processing_options_state: 0 }],
  ])('takes %s', async (_, given) => {
    expect((await send([event(given)])).body).toMatchObject({ events_received: 1 })
  })

  test('1,000 events are taken and 1,001 are not', async () => {
    const many = (length: number) => Array.from({ length }, (_, n) => event({ event_id: `e${n}` }))
    expect((await send(many(1_000))).body.events_received).toBe(1_000)
    expect((await send(many(1_001))).body.error.code).toBe(100)
  })

  test.each([
    ['an expired token', '/v26.0/123456789012345/events', 'expired-1', 190, 500],
    ['no token', '/v26.0/123456789012345/events', null, 190, 400],
    ['a pixel that is none', '/v26.0/pixel/events', 'EAAx', 100, 400],
    ['a dead version', '/v20.0/123456789012345/events', 'EAAx', 2635, 400],
    ['no version', '/123456789012345/events', 'EAAx', 2500, 400],
  ])('%s', async (_, path, token, code, status) => {
    const answer = await send([event()], path, token)
    expect([answer.status, answer.body.error.code]).toEqual([status, code])
  })

  test('the token may come in the query', async () => {
    const { body } = await call('meta', 'POST', '/v26.0/123456789012345/events?access_token=EAAx', { data: [event()] })
    expect(body.events_received).toBe(1)
  })
})

describe('Google', () => {
  const credentials = { grant_type: 'refresh_token', client_id: 'c', client_secret: 's3cret', refresh_token: '1//r3fresh' }
  const token = async (given: object = {}) =>
    call('google', 'POST', '/token', new URLSearchParams({ ...credentials, ...given }).toString(), {
      'content-type': 'application/x-www-form-urlencoded',
    })
  const event = (given: object = {}) => ({
    transactionId: 't1',
    eventTimestamp: new Date(nowMs - 60_000).toISOString(),
    eventSource: 'WEB',
    adIdentifiers: { gclid: 'Cj0' },
    conversionValue: 12.34,
    currency: 'USD',
    ...given,
  })
  const destination = { operatingAccount: { accountType: 'GOOGLE_ADS', accountId: '1234567890' }, productDestinationId: '111' }
  const bearer = async () => ({ authorization: `Bearer ${(await token()).body.access_token}`, 'content-type': 'application/json' })
  const send = async (events: unknown, given: object = {}) =>
    call('google', 'POST', '/v1/events:ingest', { destinations: [destination], events, ...given }, await bearer())

  test('a token for a refresh token', async () => {
    expect((await token()).body).toMatchObject({ token_type: 'Bearer', expires_in: 3599, access_token: expect.stringMatching(/^ya29\./) })
    expect(await token({ refresh_token: 'revoked-1' })).toMatchObject({ status: 400, body: { error: 'invalid_grant' } })
    expect(await token({ grant_type: 'password' })).toMatchObject({ status: 400, body: { error: 'unsupported_grant_type' } })
  })

  test('only a token that was issued here and lives is admitted', async () => {
    const ingest = (authorization: string) =>
      call('google', 'POST', '/v1/events:ingest', { destinations: [destination], events: [event()] }, { authorization })
    expect(await ingest('Bearer ya29.made-up')).toMatchObject({ status: 401, body: { error: { status: 'UNAUTHENTICATED' } } })
    const { authorization } = await bearer()
    expect((await ingest(authorization)).status).toBe(200)
    nowMs += HOUR_MS
    expect((await ingest(authorization)).status).toBe(401)
  })

  test('takes a batch, and the same transaction id again replaces the value', async () => {
    expect((await send([event()])).body).toEqual({ requestId: expect.any(String) })
    await send([event({ conversionValue: 20 })])
    expect(await conversions('google')).toEqual([
      { destination: '1234567890/111', event: '111', event_id: 't1', value: 20, currency: 'USD', count_raw: 2 },
    ])
  })

  test('events reach the destinations they refer to, and all without a reference', async () => {
    const destinations = [
      { ...destination, reference: 'a' },
      { ...destination, reference: 'b', productDestinationId: '222' },
    ]
    await send([event({ destinationReferences: ['b'] }), event({ transactionId: 't2' })], { destinations })
    const believed = (await conversions('google')).map((one: { destination: string; event_id: string }) => [one.destination, one.event_id])
    expect(believed.sort()).toEqual([
      ['1234567890/111', 't2'],
      ['1234567890/222', 't1'],
      ['1234567890/222', 't2'],
    ])
  })

  test('validateOnly counts nothing', async () => {
    expect((await send([event()], { validateOnly: true })).body.requestId).toEqual(expect.any(String))
    expect(await conversions('google')).toEqual([])
  })

  const hashed = (emailAddress: string) => ({ userData: { userIdentifiers: [{ emailAddress }] } })
  test.each([
    ['a future time', { eventTimestamp: '2026-11-20T12:00:01Z' }, {}, 'events.events[1].event_timestamp', 'EVENT_TIME_INVALID'],
    ['seconds', { eventTimestamp: 1795175998 }, {}, 'events.events[1].event_timestamp', 'INVALID_FORMAT'],
    ['two click ids', { adIdentifiers: { gclid: 'a', gbraid: 'b' } }, {}, 'events.events[1].ad_identifiers', 'INVALID_EVENT'],
    ['no identifier', { adIdentifiers: undefined }, {}, 'events.events[1].', 'NO_IDENTIFIERS_PROVIDED'],
    [
      'an email in clear',
      hashed('a@example.com'),
      { encoding: 'HEX' },
      'events.events[1].user_data.user_identifiers[0].email_address',
      'INVALID_HEX_ENCODING',
    ],
    ['user data without encoding', hashed(HASH), {}, 'encoding', 'REQUIRED_FIELD_MISSING'],
    ['a refused source', { eventSource: 'PHONE_CALL' }, {}, 'events.events[1].event_source', 'INVALID_ENUM_VALUE'],
    ["the Ads API's consent", { consent: { adUserData: 'GRANTED' } }, {}, 'events.events[1].consent', 'INVALID_ENUM_VALUE'],
    ['a value as text', { conversionValue: '12.34' }, {}, 'events.events[1].conversion_value', 'INVALID_NUMBER_FORMAT'],
    ['a name it does not know', { gclid: 'Cj0' }, {}, 'events.events[1].gclid', 'INVALID_ARGUMENT'],
    [
      'a resource name',
      {},
      { destinations: [{ ...destination, productDestinationId: 'customers/1/conversionActions/2' }] },
      'destinations.destinations[0].product_destination_id',
      'INVALID_CONVERSION_ACTION_ID',
    ],
    [
      'an account with dashes',
      {},
      { destinations: [{ ...destination, operatingAccount: { accountType: 'GOOGLE_ADS', accountId: '123-456-7890' } }] },
      'destinations.destinations[0].operating_account',
      'INVALID_DESTINATION',
    ],
  ])('%s refuses the request', async (_, given, request, field, reason) => {
    const { status, body } = await send([event({ transactionId: 'good' }), event(given)], request)
    expect(status).toBe(400)
    expect(body.error.status).toBe('INVALID_ARGUMENT')
    const violations = body.error.details.flatMap((detail: { fieldViolations?: object[] }) => detail.fieldViolations ?? [])
    expect(violations).toEqual([{ field, reason, description: expect.any(String) }])
    expect(await conversions('google')).toEqual([])
  })

  test('2,000 events are taken and 2,001 are not', async () => {
    const many = (length: number) => Array.from({ length }, (_, n) => event({ transactionId: `t${n}` }))
    expect((await send(many(2_000))).status).toBe(200)
    expect((await send(many(2_001))).status).toBe(400)
  })

  test('the result comes later, as counts', async () => {
    await script('google', { replies: [], confirm_after_ms: 1_000, clicks: { young: nowMs - 6 * HOUR_MS + 1, old: nowMs - 6 * HOUR_MS } })
    const { body } = await send([
      event({ adIdentifiers: { gclid: 'young' } }),
      event({ transactionId: 't2', adIdentifiers: { gclid: 'old' } }),
      event({ transactionId: 't3', eventTimestamp: new Date(nowMs - 90 * DAY_MS - 1).toISOString() }),
    ])
    const status = async (requestId: string) =>
      (await call('google', 'GET', `/v1/requestStatus:retrieve?requestId=${requestId}`, undefined, await bearer())).body
    expect((await status(body.requestId)).requestStatusPerDestination).toMatchObject([{ requestStatus: 'PROCESSING' }])
    nowMs += 1_000
    expect((await status(body.requestId)).requestStatusPerDestination).toMatchObject([
      {
        requestStatus: 'PARTIAL_SUCCESS',
        eventsIngestionStatus: { recordCount: '3' },
        errorInfo: {
          errorCounts: [
            { recordCount: '1', reason: 'PROCESSING_ERROR_REASON_TOO_RECENT_CLICK' },
            { recordCount: '1', reason: 'PROCESSING_ERROR_REASON_EVENT_TOO_OLD' },
          ],
        },
      },
    ])
    expect(await conversions('google')).toMatchObject([{ event_id: 't2' }])
    expect((await status('unknown')).error.status).toBe('INVALID_ARGUMENT')
  })
})

describe('TikTok', () => {
  const event = (given: object = {}) => ({
    event: 'Purchase',
    event_time: nowMs / 1_000,
    event_id: 'e1',
    user: { ttclid: 'E.C.P.x', email: HASH, ip: '192.0.2.1', user_agent: 'Mozilla/5.0' },
    properties: { value: 12.34, currency: 'USD', contents: [{ content_id: 'sku-1', price: 6.17, quantity: 2 }] },
    ...given,
  })
  const send = (data: unknown, given: object = {}, token = 'tt-token') =>
    call(
      'tiktok',
      'POST',
      '/open_api/v1.3/event/track/',
      { event_source: 'web', event_source_id: 'C1EXAMPLEPIXEL00000', data, ...given },
      { 'access-token': token },
    )

  test('takes a batch and counts name and id once within 48 h', async () => {
    expect(await send([event(), event({ event_id: 'e2' })])).toMatchObject({ status: 200, body: { code: 0, message: 'OK', data: {} } })
    nowMs += 48 * HOUR_MS
    await send([event()])
    expect(await conversions('tiktok')).toEqual([
      { destination: 'C1EXAMPLEPIXEL00000', event: 'Purchase', event_id: 'e1', value: 12.34, currency: 'USD', count_raw: 2 },
      { destination: 'C1EXAMPLEPIXEL00000', event: 'Purchase', event_id: 'e2', value: 12.34, currency: 'USD', count_raw: 1 },
    ])
  })

  test.each([
    [{ event_id: 7 }, 'Batch.1.event_id: Not a valid string'],
    [{ properties: { contents: [{ content_id: 7 }] } }, 'Batch.1.properties.contents.0.content_id: Not a valid string'],
    [{ event_time: START_MS }, 'Batch.1.event_time: Not a valid timestamp in seconds'],
    [{ user: { email: 'a@example.com' } }, 'Batch.1.user.email: Not a valid SHA-256'],
    [{ user: { ttclid: HASH } }, 'Batch.1.user.ttclid: Must not be hashed'],
    [{ user: undefined }, 'Batch.1.user: Missing data for required field'],
    [{ properties: { value: '12.34' } }, 'Batch.1.properties.value: Not a valid number'],
  ])('%j refuses the batch with HTTP 200', async (given, message) => {
    const { status, body } = await send([event({ event_id: 'good' }), event(given)])
    expect([status, body.code, body.message]).toEqual([200, 40002, message])
    expect(await conversions('tiktok')).toEqual([])
  })

  test.each([
    ['a revoked token', {}, 'revoked-1', 40105],
    ['a pixel that is none', { event_source_id: '!' }, 'tt-token', 40001],
    ['a source that is none', { event_source: 'tv' }, 'tt-token', 40002],
  ])('%s', async (_, given, token, code) => {
    const answer = await send([event()], given, token)
    expect([answer.status, answer.body.code]).toEqual([200, code])
  })

  test('1,001 events are not taken', async () => {
    expect((await send(Array.from({ length: 1_001 }, () => event()))).body.code).toBe(40002)
  })
})

describe('control', () => {
  const event = { event: 'Lead', event_time: START_MS / 1_000, user: { ttclid: 'E.C.P.x' } }
  const send = () =>
    call(
      'tiktok',
      'POST',
      '/open_api/v1.3/event/track/',
      { event_source: 'web', event_source_id: 'C1EXAMPLEPIXEL00000', data: [event] },
      { 'access-token': 'tt-s3cret' },
    )

  test('requests since a number, with their answers and without secrets', async () => {
    await send()
    const before = (await call('tiktok', 'GET', '/_twin/requests?since=0')).body.items
    expect(before).toMatchObject([
      {
        seq: expect.any(Number),
        at: '2026-11-20T12:00:00.000Z',
        method: 'POST',
        path: '/open_api/v1.3/event/track/',
        query: {},
        headers: { 'access-token': '[secret]' },
        body: { event_source: 'web', data: [event] },
        reply: { status: 200, body: { code: 0 } },
      },
    ])
    await send()
    const after = (await call('tiktok', 'GET', `/_twin/requests?since=${before[0].seq}`)).body.items
    expect(after.map((one: { seq: number }) => one.seq)).toEqual([before[0].seq + 1])
    expect((await call('tiktok', 'DELETE', '/_twin/requests')).status).toBe(204)
    expect((await call('tiktok', 'GET', '/_twin/requests')).body).toEqual({ items: [] })
  })

  test('no twin keeps a secret, in a body, a header, a query or its own answer', async () => {
    const secrets = ['EAAs3cret', 's3cret-client', '1//s3cret', 'tt-s3cret']
    await send()
    await call('meta', 'POST', '/v26.0/1/events', { access_token: secrets[0] })
    await call('meta', 'POST', `/v26.0/1/events?access_token=${secrets[0]}`, `{"access_token":"${secrets[0]}",`)
    const form = new URLSearchParams({
      grant_type: 'refresh_token',
      client_id: 'c',
      client_secret: 's3cret-client',
      refresh_token: '1//s3cret',
    })
    const { body } = await call('google', 'POST', '/token', form.toString(), { 'content-type': 'application/x-www-form-urlencoded' })
    await call('google', 'POST', '/v1/events:ingest', {}, { authorization: `Bearer ${body.access_token}` })
    for (const name of ['meta', 'google', 'tiktok'] as const) {
      const kept = JSON.stringify((await call(name, 'GET', '/_twin/requests')).body)
      for (const secret of [...secrets, body.access_token as string]) expect(kept).not.toContain(secret)
    }
  })

  test('scripted replies come in their order, then the rules', async () => {
    const html = '<html>Bad Gateway</html>'
    await script('tiktok', {
      replies: [
        { status: 502, body: html },
        { status: 200, body: { code: 40100, message: 'slow down' }, headers: { 'retry-after': '3' }, times: 2 },
      ],
    })
    const answers = [await send(), await send(), await send(), await send()]
    expect(answers.map(({ status, body }) => [status, body.code ?? body])).toEqual([
      [502, html],
      [200, 40100],
      [200, 40100],
      [200, 0],
    ])
    expect(answers[1]?.headers.get('retry-after')).toBe('3')
    expect(await conversions('tiktok')).toMatchObject([{ count_raw: 1 }])
  })

  test('a reply without a status is the answer of the rules, late', async () => {
    await script('tiktok', { replies: [{ delay_ms: 20 }] })
    expect((await send()).body.code).toBe(0)
  })

  test('past the scripted rate it says so in its own way', async () => {
    await script('tiktok', { replies: [], requests_per_min: 1 })
    expect([(await send()).body.code, (await send()).body.code]).toEqual([0, 40100])
    nowMs += 60_000
    expect((await send()).body.code).toBe(0)
  })

  test.each([
    ['PUT', '/_twin/script', '{"replies":', 400, 'invalid_json'],
    ['PUT', '/_twin/script', { replies: [{ status: 'no' }] }, 400, 'validation_failed'],
    ['PUT', '/_twin/script', '{"replies": [], "then": "stop"}', 400, 'validation_failed'],
    ['GET', '/_twin/requests?since=x', undefined, 400, 'validation_failed'],
    ['GET', '/_twin/nothing', undefined, 404, 'not_found'],
  ])('%s %s with bad input is a problem', async (method, path, body, status, code) => {
    expect(await call('meta', method, path, body)).toMatchObject({ status, body: { code, detail: expect.any(String) } })
  })

  test('a taken port is one sentence, and no twin stays behind', async () => {
    const taken = Number(new URL(twins.urls.tiktok).port)
    const starting = startTwins({ ports: { meta: 0, google: 0, tiktok: taken }, host: '127.0.0.1', nowMs: () => nowMs, log: silent })
    await expect(starting).rejects.toMatchObject({ code: 'port_taken' })
  })
})
