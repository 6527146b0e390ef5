import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { PlatformId } from '../../src/events/words.ts'
import type { HttpRequest, PlatformEvent, Target, Verdict } from '../../src/platforms/definition.ts'
import { PLATFORMS } from '../../src/platforms/index.ts'
import { NOW_MS } from '../../src/platforms/samples.ts'
import { startTwins } from '../../src/twins/index.ts'

// Two readings of the same documents meet here: what is sent by one is judged by the other.

const silent = { debug() {}, info() {}, warn() {}, error() {} }
let twins: Awaited<ReturnType<typeof startTwins>>
beforeAll(async () => {
  twins = await startTwins({ ports: { meta: 0, google: 0, tiktok: 0 }, host: '127.0.0.1', nowMs: () => NOW_MS, log: silent })
})
afterAll(() => twins.close())

async function call({ method, url, headers, body }: HttpRequest) {
  const response = await fetch(url, { method, headers, ...(body !== undefined && { body }) })
  return { status: response.status, headers: Object.fromEntries(response.headers), body: await response.text() }
}

/** The target turned to the twin, with a token of the twin's where the platform hands one out. */
async function atTwin(id: PlatformId, target: Target): Promise<Target> {
  const hosts = Object.fromEntries(Object.keys(PLATFORMS[id].hosts).map((name) => [name, twins.urls[id]]))
  const moved = { ...target, hosts }
  const { authorize } = PLATFORMS[id]
  if (authorize === undefined) return moved
  const got = authorize.read(await call(authorize.request(moved)))
  if (got.kind !== 'token') throw new Error(JSON.stringify(got))
  return { ...moved, accessToken: got.accessToken }
}

async function send(id: PlatformId, events: readonly PlatformEvent[], target: Target): Promise<Verdict> {
  const platform = PLATFORMS[id]
  return platform.verdict(await call(platform.request(events, target)), events.length)
}

const conversions = async (id: PlatformId): Promise<{ count_raw: number }[]> => {
  const { items } = (await (await fetch(`${twins.urls[id]}/_twin/conversions`)).json()) as { items: { count_raw: number }[] }
  return items
}

describe.each(Object.values(PLATFORMS))('$id', ({ id, examples, limits }) => {
  const sendable = examples.flatMap(({ name, target, prepared }) =>
    prepared.kind === 'event' ? [{ name, target, event: prepared.event }] : [],
  )
  const [first] = sendable
  if (first === undefined) throw new Error('no example is sendable')

  test.each(sendable)('$name is accepted', async ({ event, target }) => {
    expect(await send(id, [event], await atTwin(id, target))).toEqual({ kind: 'accepted', traceId: expect.any(String) })
  })

  test('all of them are accepted as one batch', async () => {
    const events = sendable.map(({ event }) => event)
    expect(await send(id, events, await atTwin(id, first.target))).toMatchObject({ kind: 'accepted' })
  })

  test('the largest batch is accepted, one more is not, and a repeat counts once', async () => {
    const target = await atTwin(id, first.target)
    const many = Array.from({ length: limits.batchMax + 1 }, (_, n) => ({ ...first.event, [idName(first.event)]: `many-${n}` }))
    const before = (await conversions(id)).length
    expect(await send(id, many, target)).toMatchObject({ kind: 'refused' })
    const batch = many.slice(0, limits.batchMax)
    expect(await send(id, batch, target)).toMatchObject({ kind: 'accepted' })
    expect(await send(id, batch, target)).toMatchObject({ kind: 'accepted' })
    expect((await conversions(id)).length - before).toBe(limits.batchMax)
  })

  const idName = (event: PlatformEvent) => ('transactionId' in event ? 'transactionId' : 'event_id')

  test('a wrong token blocks the destination', async () => {
    const target = { ...(await atTwin(id, first.target)), credentials: { access_token: 'expired' }, accessToken: 'ya29.unknown' }
    expect(await send(id, [first.event], target)).toMatchObject({ kind: 'blocked', why: 'token' })
  })

  test('one bad event refuses its batch, and alone each is judged for itself', async () => {
    const target = await atTwin(id, first.target)
    const bad = { ...first.event, event_time: 'yesterday', eventTimestamp: 'yesterday' }
    expect(await send(id, [first.event, bad], target)).toMatchObject({ kind: 'refused' })
    expect(await send(id, [bad], target)).toMatchObject({ kind: 'refused' })
    expect(await send(id, [first.event], target)).toMatchObject({ kind: 'accepted' })
  })

  test.each([
    ['HTML', { status: 502, body: '<html>' }, { kind: 'retry', why: 'server_error' }],
    ['HTML with 200', { status: 200, body: '<html>' }, { kind: 'retry', why: 'reply_unreadable' }],
    ['cut-off JSON', { status: 200, body: '{"a":' }, { kind: 'retry', why: 'reply_unreadable' }],
    ['429', { status: 429, body: '', headers: { 'retry-after': '2' } }, { kind: 'throttled', afterMs: 2_000 }],
  ])('a scripted %s is no success', async (_, reply, verdict) => {
    const target = await atTwin(id, first.target)
    await fetch(`${twins.urls[id]}/_twin/script`, { method: 'PUT', body: JSON.stringify({ replies: [reply] }) })
    expect(await send(id, [first.event], target)).toMatchObject(verdict)
    expect(await send(id, [first.event], target)).toMatchObject({ kind: 'accepted' })
  })

  test('its own way of asking for fewer requests is understood', async () => {
    const target = await atTwin(id, first.target)
    const script = (requests_per_min: number | null) =>
      fetch(`${twins.urls[id]}/_twin/script`, { method: 'PUT', body: JSON.stringify({ replies: [], requests_per_min }) })
    await script(1)
    await send(id, [first.event], target)
    const verdict = await send(id, [first.event], target)
    await script(null)
    expect(verdict).toMatchObject({ kind: 'throttled' })
  })
})

test('Meta names what is wrong with an event that went all the same', async () => {
  const [example] = PLATFORMS.meta.examples
  if (example?.prepared.kind !== 'event') throw new Error('the first example is an event')
  const target = await atTwin('meta', example.target)
  const { event } = example.prepared
  const verdictOf = (given: object) => send('meta', [{ ...event, ...given }], target)
  expect(await verdictOf({ event_time: 1 })).toMatchObject({ kind: 'refused', why: 'too_old' })
  expect(await verdictOf({ custom_data: {} })).toMatchObject({ kind: 'refused', why: 'missing_value' })
  expect(await verdictOf({ user_data: {} })).toMatchObject({ kind: 'refused', why: 'missing_identifiers' })
  expect(await send('meta', [event], { ...target, settings: { pixel_id: 'x' } })).toMatchObject({ kind: 'blocked', why: 'permission' })
})

test('Google: a revoked refresh token and an account that is none block the destination', async () => {
  const [example] = PLATFORMS.google.examples
  if (example?.prepared.kind !== 'event') throw new Error('the first example is an event')
  const target = await atTwin('google', example.target)
  const { authorize } = PLATFORMS.google
  const credentials = { client_id: 'c', client_secret: 's', refresh_token: 'revoked-1' }
  const refused = authorize?.read(await call(authorize.request({ ...target, credentials })))
  expect(refused).toEqual({ kind: 'blocked', why: 'token', traceId: null })
  const settings = { ...(target.settings as object), operating_account_id: 'none' }
  expect(await send('google', [example.prepared.event], { ...target, settings })).toMatchObject({ kind: 'blocked', why: 'permission' })
})
