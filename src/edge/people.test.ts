import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { FIELDS } from '../dialects/definition.ts'
import { API_KEYS, clickKey, key, startEdge } from './edge-double.ts'

let edge: Awaited<ReturnType<typeof startEdge>>
beforeAll(async () => {
  edge = await startEdge()
})
beforeEach(() => {
  edge.sent.length = 0
})
afterAll(() => edge.close())

const PATH = '/api/v1/postback/conversions'
const EMAIL = 'zq7canary+x@canmail.test'
const PHONE = '+1 415 7700007'
const NAME = 'Zqnamex'
const CANARY = /zq7canary|canmail|7700007|zqnamex/i
const written = (): string => Buffer.concat(edge.sent.map((record) => record.value)).toString()
const post = (body: string, type = 'application/json') =>
  fetch(`${edge.url}${PATH}?key=${key('tracker')}`, { method: 'POST', body, headers: { 'content-type': type } })
const click = (body: object) =>
  fetch(`${edge.url}/api/v1/clicks`, {
    method: 'POST',
    headers: { authorization: `Bearer ${API_KEYS.editor}` },
    body: JSON.stringify(body),
  })

test.each(FIELDS)('no-people-at-rest: %s', async (field) => {
  for (const value of [EMAIL, PHONE]) {
    await fetch(`${edge.url}${PATH}?key=${key('tracker')}&event=Lead&click_id=c&${field}=${encodeURIComponent(value)}`)
    await post(JSON.stringify({ event: 'Lead', [field]: value }))
  }
  expect(edge.sent).toHaveLength(4)
  expect(written()).not.toMatch(CANARY)
})

test('no-people-at-rest: items, app and the headers of the sender', async () => {
  for (const value of [EMAIL, PHONE]) {
    const items = [{ id: value, name: value, brand: value, category: value }]
    const app = { id: value, os: value, os_version: value, app_version: value, extinfo: Array(16).fill(value) }
    await fetch(`${edge.url}${PATH}?key=${key('tracker')}`, {
      method: 'POST',
      body: JSON.stringify({ event: 'Lead', items, app }),
      headers: { 'user-agent': value, 'content-type': 'application/json' },
    })
  }
  expect(edge.sent).toHaveLength(2)
  expect(written()).not.toMatch(CANARY)
})

test.each([
  'fname',
  'lname',
  'customer_name',
  'customerName',
  'billing_name',
  'contact',
  'contact_person',
  'buyer',
  'recipient',
  'shipping_to',
  'cell',
  'tel',
  'whatsapp',
  'event_phone',
  'product_email',
  'surname',
  'item_first_name',
])('no-people-at-rest: everyday key %s', async (name) => {
  for (const value of [NAME, '14157700007']) {
    await fetch(`${edge.url}${PATH}?key=${key('tracker')}&event=Lead&click_id=c&${name}=${value}`)
    await post(
      JSON.stringify({ event: 'Lead', custom_data: { [name]: value, list: [{ [name]: value }], text: JSON.stringify({ [name]: value }) } }),
    )
  }
  expect(edge.sent).toHaveLength(4)
  expect(written()).not.toMatch(CANARY)
})

test('no-people-at-rest: nested people, JSON in JSON and in a query', async () => {
  const deep = JSON.stringify({ phone: NAME, first_name: NAME, more: JSON.stringify({ email: NAME }) })
  await post(JSON.stringify({ event: 'Lead', custom_data: { payload: deep, customer: { name: NAME, first: NAME, billing_name: NAME } } }))
  await fetch(`${edge.url}${PATH}?key=${key('tracker')}&event=Lead&payload=${encodeURIComponent(deep)}`)
  expect(edge.sent).toHaveLength(2)
  expect(written()).not.toMatch(CANARY)
})

test('no-people-at-rest: the queries of URLs, each parameter by its own name', async () => {
  const url = `https://shop.test/t?a=1%2B1&email=${NAME}&phone=14157700007&first_name=${NAME}&fn=${NAME}&b=x#tel=${NAME}`
  await post(JSON.stringify({ event: 'Lead', event_source_url: url, referrer: url, custom_data: { url } }))
  await click({ click_id: 'k', landing_url: url })
  expect(written()).not.toMatch(CANARY)
  expect(edge.postbacks()[0]?.reading.event_source_url).toMatch(/^https:\/\/shop\.test\/t\?a=1%2B1&email=.*&b=x#/)
  expect(edge.clicks()).toHaveLength(1)
})

test.each([
  ['broken JSON', `{"event":"Lead","first_name":"${NAME}","x":`],
  ['escaped quotes', `{"first_name":"A \\"${NAME}\\" B","x":`],
  ['JSON in broken JSON', `{"payload":"{\\"first_name\\":\\"${NAME}\\"}","x":`],
  ['escaped at signs', `{"user_email":"zq7canary\\u0040canmail.test","note":"zq7canary\\u0040canmail.test","x":`],
  ['numbers', `{"phone":14157700007,"x":`],
  ['a private object', `{"buyer":{"first":"${NAME}"},"x":`],
])('no-people-at-rest: %s', async (_, body) => {
  await post(body)
  expect(edge.postbacks()).toMatchObject([{ quarantined: 'unreadable' }])
  expect(written()).not.toMatch(CANARY)
})

test('no-people-at-rest: UTF-16, whose every second character is none', async () => {
  const body = new Uint8Array(Buffer.from(JSON.stringify({ event: 'Lead', user_email: EMAIL, first_name: NAME, note: EMAIL }), 'utf16le'))
  await fetch(`${edge.url}${PATH}?key=${key('tracker')}`, { method: 'POST', body, headers: { 'content-type': 'application/json' } })
  expect(edge.postbacks()).toMatchObject([{ quarantined: 'unreadable' }])
  expect(written().replaceAll(/\0|\\u0000/g, '')).not.toMatch(CANARY)
})

test('no-people-at-rest: nothing is kept of a multipart body but its size and hash', async () => {
  await post(`--b\r\ncontent-disposition: form-data; name="note"\r\n\r\n${NAME}\r\n--b--`, 'multipart/form-data; boundary=b')
  expect(Object.keys(edge.postbacks()[0]?.raw ?? {}).sort()).toEqual(['body.bytes', 'body.sha256'])
})

const CLICK_FIELDS =
  'click_id campaign_id adset_id ad_id fbclid fbc fbp gclid gbraid wbraid ttclid ttp client_user_agent landing_url'.split(' ')
test.each(CLICK_FIELDS)('no-people-at-rest: %s of a click', async (field) => {
  for (const value of [EMAIL, PHONE])
    expect((await click({ aliases: [value], utm: { utm_term: value, [value]: '1' }, [field]: value })).status).toBe(200)
  const query = new URLSearchParams({ to: 'https://example.com/', [field]: EMAIL, utm_term: EMAIL })
  await fetch(`${edge.url}/c/${clickKey('tracker')}?${query}`, { redirect: 'manual', headers: { 'user-agent': EMAIL } })
  await fetch(`${edge.url}/api/v1/clicks/pixel?key=${clickKey('tracker')}`, {
    method: 'POST',
    body: JSON.stringify({ [field]: PHONE }),
    headers: { 'user-agent': EMAIL },
  })
  expect(edge.sent.length).toBeGreaterThanOrEqual(4)
  expect(written()).not.toMatch(CANARY)
})

test('a client_ip of a click that is no address is refused, and one that is stays', async () => {
  expect((await click({ client_ip: NAME })).status).toBe(422)
  await click({ client_ip: '2001:db8::1' })
  expect(edge.clicks()).toMatchObject([{ client_ip: '2001:db8::1' }])
})

test('byte-for-byte: what names nobody is kept as it came', async () => {
  const reading = {
    action_source: 'website',
    client_user_agent: 'Mozilla/5.0 (Linux; Android 14; SM-S911B) AppleWebKit/537.36 (+http://example.com/bot.html) Chrome/131.0.0.0',
    locale: 'pt_BR',
    madid: '38400000-8cf0-11bd-b23e-10b96e40000d',
    fbclid: 'IwAR0+a_b-C1234567890',
    fbc: 'fb.1.1554763741205.IwAR2F4-dbP0l7Mn1IawQQGCINEz7PYXQvwjNwB_qa2ofrHyiLjcbCRxTDMgk',
    fbp: 'fb.1.1558571054389.1098115397',
    gclid: 'EAIaIQobChMI4-qb2Y-1234567890_BwE',
    ttclid: 'E.C.P.v3fQ2RHacdksKfofPmlyuStIIHJ4Af1tKYxF9zz2c2PLx1Oaw15oHpcfl5AH',
    ttp: '1PZ5ToB3cM0N1rqqUMlNuWQpE4c',
    event_source_url: 'https://shop.test/a%20b?x=%7E1&empty=&flag&order=4917012345678#top',
    transaction_id: '4917012345678',
    click_id: 'w5k2-9Q.1.abc',
  }
  const items = [{ id: 'SKU+1', name: 'Tea & more', quantity: 1, price: '2', category: 'a/b', brand: 'B@home' }]
  await post(
    JSON.stringify({ event: 'Lead', ...reading, items, custom_data: { json: '{ "a": 1 }', product_name: 'Tea', event_name: 'x' } }),
  )
  expect(edge.postbacks()).toMatchObject([
    { reading: { ...reading, items, custom_data: '{"json":"{ \\"a\\": 1 }","product_name":"Tea","event_name":"x"}' } },
  ])
})

test('no-key-at-rest: the key of the source is written nowhere, under whatever name and in whatever URL', async () => {
  const secret = key('tracker')
  const url = `https://edge.test${PATH}?key=${secret}&event=Lead`
  await fetch(
    `${edge.url}${PATH}/${secret}?event=Lead&click_id=c&KEY=${secret}&Key=${secret}&ref=${encodeURIComponent(url)}&sub1=${secret}`,
    {
      headers: { 'user-agent': secret },
    },
  )
  await post(JSON.stringify({ event: 'Lead', event_source_url: url, referrer: url, note: url, custom_data: { url, list: [secret] } }))
  await post(`{"url":"${url}"`)
  await click({ landing_url: url, aliases: [secret], utm: { utm_term: secret } })
  expect(edge.sent).toHaveLength(5)
  expect(written()).not.toContain(secret)
  expect(edge.sent.map((record) => record.key).join()).not.toContain(secret)
  expect(edge.postbacks()[0]?.raw).not.toHaveProperty('KEY')
  expect(written()).toContain(`[key ...${secret.slice(-4)}]`)
})

test('no-people-in-answers: a parameter that is called like somebody is told without them, in every sentence', async () => {
  for (const source of ['tracker', 'backend']) {
    const names = [EMAIL, `${EMAIL}x`].map((name) => `${encodeURIComponent(name)}=1&${encodeURIComponent(name)}=${'2'.repeat(9_000)}`)
    const response = await fetch(`${edge.url}${PATH}?key=${key(source)}&event=Lead&click_id=c&${names[0]}`)
    const text = await response.text()
    expect(text).toMatch(/parameter_repeated|value_too_long/)
    expect(text).not.toMatch(CANARY)
  }
})
