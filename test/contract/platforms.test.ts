import { describe, expect, test } from 'vitest'
import { Conversion } from '../../src/events/conversion.ts'
import { EVENTS, PLATFORM_IDS } from '../../src/events/words.ts'
import { PLATFORMS } from '../../src/platforms/index.ts'

test('the registry has every platform under its own id', () => {
  expect(Object.entries(PLATFORMS).map(([id, { id: own }]) => [id, own])).toEqual(PLATFORM_IDS.map((id) => [id, id]))
})

describe.each(Object.values(PLATFORMS))('$id', (platform) => {
  const { examples } = platform

  test.each(examples)('$name', ({ conversion, target, nowMs, prepared }) => {
    Conversion.parse(conversion)
    platform.settings.parse(target.settings)
    platform.credentials.parse(target.credentials)
    expect(platform.prepare(conversion, target, nowMs)).toEqual(prepared)
  })

  test('examples show each decision that can be met before sending, and the four events', () => {
    const kinds = new Set(examples.map(({ prepared }) => prepared.kind))
    expect(kinds.isSupersetOf(new Set(['event', 'suppressed', 'failed']))).toBe(true)
    const events = new Set(examples.filter(({ prepared }) => prepared.kind === 'event').map(({ conversion }) => conversion.reading.event))
    expect(events.isSupersetOf(new Set(['Purchase', 'Lead', 'SignUp', 'Subscribe', 'Custom_VIP']))).toBe(true)
  })

  const sendable = examples.flatMap(({ target, prepared }) => (prepared.kind === 'event' ? [{ target, event: prepared.event }] : []))

  test('a batch is one JSON request to the chosen host, in the order of its events', () => {
    const target = sendable[0]?.target
    if (target === undefined) throw new Error('no example is sendable')
    const events = sendable.map(({ event }) => event)
    const hosts = Object.fromEntries(Object.keys(platform.hosts).map((name) => [name, `http://127.0.0.1:1/${name}`]))
    const request = platform.request(events, { ...target, hosts })
    expect(request).toMatchObject({ method: 'POST', headers: { 'content-type': 'application/json' } })
    expect(request.url).toMatch(/^http:\/\/127\.0\.0\.1:1\/api\//)
    const body = JSON.parse(request.body ?? '') as { data?: unknown; events?: unknown }
    expect(body.data ?? body.events).toEqual(events)
  })

  test('no secret is in a URL or in an event, and each is named', () => {
    for (const { target, event } of sendable) {
      const secrets = platform.secrets(target)
      expect(secrets.length).toBeGreaterThan(0)
      const { url } = platform.request([event], target)
      for (const secret of secrets) {
        expect(url).not.toContain(secret)
        expect(JSON.stringify(event)).not.toContain(secret)
      }
    }
  })

  test('a test event goes with the test code and without one nowhere', () => {
    const example = examples.find(({ prepared }) => prepared.kind === 'event')
    if (example === undefined) throw new Error('no example is sendable')
    const conversion = { ...example.conversion, reading: { ...example.conversion.reading, test: true } }
    expect(platform.prepare(conversion, example.target, example.nowMs)).toEqual({ kind: 'suppressed', why: 'test' })
    const target = { ...example.target, testCode: 'TEST1' }
    const prepared = platform.prepare(conversion, target, example.nowMs)
    if (prepared.kind !== 'event') throw new Error(prepared.kind)
    expect(platform.request([prepared.event], target).body).toMatch(/"test_event_code":"TEST1"|"validateOnly":true/)
  })

  test('strict about settings and credentials', () => {
    const target = sendable[0]?.target
    expect(platform.settings.safeParse({ ...(target?.settings as object), surplus: 1 }).success).toBe(false)
    expect(platform.settings.safeParse({}).success).toBe(false)
    expect(platform.credentials.safeParse({}).success).toBe(false)
  })

  test('maps standard events only', () => {
    expect(new Set(EVENTS as readonly string[]).isSupersetOf(new Set(Object.keys(platform.eventNames)))).toBe(true)
  })
})
