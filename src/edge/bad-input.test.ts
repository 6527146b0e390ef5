import { request } from 'node:http'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { clickKey, key, startEdge } from './edge-double.ts'

let edge: Awaited<ReturnType<typeof startEdge>>
beforeAll(async () => {
  edge = await startEdge()
})
beforeEach(() => {
  edge.sent.length = 0
})
afterAll(() => edge.close())

const PATH = '/api/v1/postback/conversions'
const FORM = 'application/x-www-form-urlencoded'
const post = (source: string, body: string | Uint8Array<ArrayBuffer>, type = 'application/json') =>
  fetch(`${edge.url}${PATH}?key=${key(source)}`, { method: 'POST', body, headers: { 'content-type': type } })
const get = (source: string, query: string) => fetch(`${edge.url}${PATH}?key=${key(source)}&${query}`)
const reply = async (response: Response) => ({
  http: response.status,
  contentType: response.headers.get('content-type'),
  ...((await response.json()) as object),
})

test('no key, a wrong key, a click key, a revoked and a retired one get one and the same answer, and leave nothing', async () => {
  const keys = [
    '',
    'x',
    `${key('tracker').slice(0, -1)}x`,
    key('tracker').replace('acme', 'acmf'),
    clickKey('tracker'),
    key('tracker', 2),
    key('tracker', 3),
  ]
  const answers = new Set<string>()
  for (const one of keys) {
    const response = await fetch(`${edge.url}${PATH}?event=Lead&click_id=c${one === '' ? '' : `&key=${one}`}`)
    const headers = [...response.headers].filter(([name]) => name !== 'date')
    answers.add(JSON.stringify([response.status, headers, await response.text()]))
  }
  expect(answers.size).toBe(1)
  expect([...answers][0]).toContain('key_unknown')
  expect([...answers][0]).toMatch(/^\[404,/)
  expect(edge.sent).toEqual([])
})

test('a good key of a version not heard of yet is let in', async () => {
  expect(await reply(await fetch(`${edge.url}${PATH}/${key('newsource')}?event=Lead&click_id=c`))).toMatchObject({
    http: 200,
    status: 'received',
  })
})

test.each([
  ['no event', 'click_id=c&value=1&currency=USD', 'no_event'],
  ['an unknown status', 'click_id=c&status=7', 'status_unmapped'],
  ['an unknown currency', 'event=Lead&click_id=c&value=1&currency=DOLLARS', 'currency_unknown'],
  ['no number', 'event=Lead&click_id=c&value=abc&currency=USD', 'value_invalid'],
])('a tracker with %s gets 200 and a row in quarantine', async (_, query, why) => {
  expect(await reply(await get('tracker', query))).toMatchObject({ http: 200, status: 'quarantined', warnings: [{ code: why }] })
  expect(edge.postbacks()).toMatchObject([{ quarantined: why, workspace_id: 'acme', source_id: 'tracker' }])
})

test.each([
  ['no event', { click_id: 'c' }, 'event', 'no_event'],
  ['an unknown currency', { event: 'Lead', value: 1, currency: 'DOLLARS' }, 'currency', 'currency_unknown'],
  ['no number', { event: 'Lead', value: 'abc', currency: 'USD' }, 'value', 'value_invalid'],
  ['a macro', { event: 'Lead', click_id: '{click_id}' }, 'click_id', 'macro_unreplaced'],
])('a backend with %s gets 422 with the field, and a row in quarantine', async (_, body, param, code) => {
  const answer = await reply(await post('backend', JSON.stringify(body)))
  expect(answer).toMatchObject({ http: 422, code: 'validation_failed', errors: [{ param, code }] })
  expect(answer.contentType).toContain('application/problem+json')
  expect(edge.postbacks()).toHaveLength(1)
  expect(edge.postbacks()[0]?.quarantined).not.toBeNull()
})

test('no click id is received: attribution tells what it lacks', async () => {
  expect(await reply(await get('tracker', 'event=Lead'))).toMatchObject({ http: 200, status: 'received' })
  expect(edge.postbacks()).toMatchObject([{ quarantined: null, click_id_fault: null, reading: { click_id: null } }])
})

test('lost-conversions-are-told: without a click id and without platform ids there is a warning, and no refusal', async () => {
  for (const source of ['tracker', 'backend'])
    expect(await reply(await get(source, 'event=Lead&user_email=a@b.test'))).toMatchObject({
      http: 200,
      status: 'received',
      warnings: [{ code: 'no_click_id', param: 'click_id', fix: expect.stringContaining('click_id') }],
    })
  for (const id of ['gclid=G', 'fbc=fb.1.1.x', 'transaction_id=T', 'click_id=c'])
    expect(await reply(await get('tracker', `event=Lead&${id}`))).toMatchObject({ warnings: [] })
  expect(await reply(await get('tracker', 'event=Lead&fbp=fb.1.1.2'))).toMatchObject({ warnings: [{ code: 'no_click_id' }] })
})

test.each(['{click_id}', '{{ClickId}}', 'pre-{click_id}', '%7Bclick_id%7D'])('sent-is-what-was-sent: %s', async (sent) => {
  const answer = await reply(await get('backend', `event=Lead&click_id=${encodeURIComponent(sent)}`))
  expect(answer).toMatchObject({ http: 422, errors: [{ param: 'click_id', code: 'macro_unreplaced', sent }] })
})

test.each([
  ['{click_id}', 'macro_unreplaced'],
  ['%7Bclick_id%7D', 'macro_unreplaced'],
  ['%24%7Bclick_id%7D', 'macro_unreplaced'],
  ['', 'no_click_id'],
  ['null', 'no_click_id'],
])('a click id of %s is received with its fault, and kept out of matching', async (sent, fault) => {
  expect(await reply(await get('tracker', `event=Lead&click_id=${sent}`))).toMatchObject({
    http: 200,
    status: 'received',
    warnings: [{ param: 'click_id' }],
  })
  expect(edge.postbacks()).toMatchObject([{ click_id_fault: fault, reading: { click_id: null } }])
})

test('a body of 10 MB is refused, announced or not, and leaves a row', async () => {
  const body = Buffer.alloc(10_000_000, 'x')
  expect(await reply(await post('tracker', body))).toMatchObject({ http: 413, code: 'body_too_large' })
  expect(edge.postbacks()).toMatchObject([{ quarantined: 'unreadable', problems: [{ code: 'body_too_large' }] }])
  const status = await new Promise<number | undefined>((resolve, reject) => {
    const chunked = request(
      `${edge.url}${PATH}?key=${key('tracker')}`,
      { method: 'POST', headers: { 'transfer-encoding': 'chunked' } },
      (response) => {
        response.resume()
        resolve(response.statusCode)
      },
    )
    chunked.on('error', reject)
    chunked.end(body)
  })
  expect(status).toBe(413)
  expect(edge.postbacks()).toHaveLength(2)
})

test('256 kB are read, one byte more is not', async () => {
  const body = (bytes: number): string => {
    const head = '{"event":"Lead","click_id":"c","custom_data":{"a":"'
    return `${head}${'x'.repeat(bytes - head.length - 3)}"}}`
  }
  expect((await post('tracker', body(256 * 1024))).status).toBe(200)
  expect((await post('tracker', body(256 * 1024 + 1))).status).toBe(413)
})

test('invalid UTF-8 is replaced and told', async () => {
  expect(await reply(await get('tracker', 'event=Lead&click_id=c&sub1=%FF%FE'))).toMatchObject({
    status: 'received',
    warnings: [{ code: 'invalid_utf8' }],
  })
  expect(edge.postbacks()[0]?.reading.subs).toEqual({ sub1: '\ufffd\ufffd' })
  const body = Buffer.concat([Buffer.from('{"event":"Lead","click_id":"c","sub1":"'), Buffer.from([0xff]), Buffer.from('"}')])
  expect(await reply(await post('tracker', body))).toMatchObject({ status: 'received', warnings: [{ code: 'invalid_utf8' }] })
})

test('invalid JSON: a tracker gets 200 and a masked row, a backend 400 and the same row', async () => {
  const broken = '{"event":"Lead","user_email":"jane@example.test","user_phone":"+491701234567",'
  expect(await reply(await post('tracker', broken))).toMatchObject({ http: 200, status: 'quarantined', warnings: [{ code: 'unreadable' }] })
  expect(await reply(await post('backend', broken))).toMatchObject({ http: 400, code: 'invalid_json' })
  expect(edge.postbacks()).toMatchObject([{ quarantined: 'unreadable' }, { quarantined: 'unreadable' }])
  expect(edge.postbacks()[0]?.raw).toMatchObject({
    'body.bytes': String(broken.length),
    'body.excerpt': '{"event":"Lead","user_email":[private],"user_phone":[private],',
  })
  expect(Buffer.concat(edge.sent.map((record) => record.value)).toString()).not.toMatch(/jane|1234567/)
})

test('nothing personal and no key is written in clear, in any place of a request', async () => {
  const canary = 'zq7canary@example.test'
  const fields = {
    user_email: canary,
    sub3: canary,
    note: canary,
    user_phone: '+491700007777',
    first_name: 'Zq7canaryname',
    custom_data: { deep: [{ email: canary, last_name: 'Zq7canaryname' }] },
  }
  const response = await post(
    'tracker',
    JSON.stringify({ event: 'Lead', click_id: 'c', event_source_url: `https://a.test/?e=${canary}`, ...fields }),
  )
  const written = Buffer.concat(edge.sent.map((record) => record.value)).toString() + (await response.text())
  expect(written).not.toMatch(/zq7canary|1700007777/i)
  expect(written).not.toContain(key('tracker'))
  expect(Object.keys(edge.postbacks()[0]?.reading.user ?? {}).sort()).toContain('phone_e164')
})

test.each([
  ['512 parameters and more', `event=Lead&click_id=c&${Array.from({ length: 600 }, (_, i) => `p${i}=1`).join('&')}`, 'too_many_parameters'],
  ['a value of more than 8 kB', `event=Lead&click_id=c&note=${'x'.repeat(9_000)}`, 'value_too_long'],
  ['an address that is none', 'event=Lead&click_id=c&client_ip=localhost', 'client_ip_invalid'],
  ['names of the prototype', 'event=Lead&click_id=c&__proto__=1&constructor=2', 'parameter_refused'],
  ['a repeated parameter', 'event=Lead&click_id=a&click_id=c', 'parameter_repeated'],
])('%s', async (_, query, code) => {
  expect(await reply(await get('tracker', query))).toMatchObject({
    status: 'received',
    warnings: expect.arrayContaining([expect.objectContaining({ code })]),
  })
  expect(edge.postbacks()[0]?.reading.click_id).toBe('c')
  expect(Object.keys(edge.postbacks()[0]?.raw ?? {}).length).toBeLessThanOrEqual(513)
})

const lists = `${'['.repeat(4_000)}${']'.repeat(4_000)}`
const objects = `${'{"a":'.repeat(1_300)}1${'}'.repeat(1_300)}`
test.each([
  ['lists in custom_data', 'custom_data', `{"a":${lists.slice(0, 4_000)}${lists.slice(-4_000)}}`],
  ['objects in a field nobody knows', 'payload', objects],
  ['lists in items', 'items', lists],
  ['objects in app', 'app', objects],
  ['objects in consent', 'consent', objects],
])('nothing-nests-without-end: %s, as text in a query and in a body', async (_, name, text) => {
  expect(await reply(await post('tracker', JSON.stringify({ event: 'Lead', click_id: 'c', [name]: text })))).toMatchObject({ http: 200 })
  expect(await reply(await post('tracker', `event=Lead&click_id=c&${name}=${encodeURIComponent(text)}`, FORM))).toMatchObject({ http: 200 })
  expect(edge.postbacks()).toHaveLength(2)
})
