import { hash } from 'node:crypto'
import { expect, test } from 'vitest'
import { maskedExcerpt } from './excerpt.ts'
import { keepable, keepableJson, withoutPeople } from './private.ts'
import { isPrivateName } from './private-name.ts'

const sha = (text: string): string => hash('sha256', text, 'hex')

test.each([
  'email',
  'user_email',
  'Customer-Email',
  'e-mail',
  'phoneNumber',
  'first_name',
  'lastname',
  'date_of_birth',
  'dob',
  'billing_address',
  'em',
  'fname',
  'customerName',
  'billing_name',
  'event_phone',
  'product_email',
  'contact_person',
  'shippingTo',
  'WhatsApp',
  'cell',
  'buyer',
  'billing_city',
  'customer_state',
  'shippingRegion',
])('%s names user data', (name) => {
  expect(isPrivateName(name)).toBe(true)
})
test.each([
  'event_name',
  'campaign_name',
  'ip_address',
  'telemetry',
  'value',
  'subid',
  'product_name',
  'theme',
  'item_name',
  'buyer_id',
  'customer_type',
  'hotel',
  'excellent',
  'nickel',
  'client_ip',
  'customer_product_name',
  'user_agent',
  'client_user_agent',
  'fbc',
  'time',
  'sub1',
  'ip',
  'shop',
  'address_ip_address',
])('%s names none', (name) => {
  expect(isPrivateName(name)).toBe(false)
})

test('a hash passes, also in upper case', () => {
  expect(keepable('email', sha('a').toUpperCase())).toBe(sha('a'))
})

test('user data is found by its own look where its name says nothing', () => {
  expect(keepable('sub9', 'Jane@Example.test')).toBe(sha('jane@example.test'))
  expect(keepable('note', '+49 170 1234567')).toBe(sha('+49 170 1234567'))
  expect(keepable('url', 'https://a.test/?e=jane@example.test&x=1')).toBe('https://a.test/?e=[email]&x=1')
  expect(keepable('url', 'https://a.test/?e=jane%40example.test')).toBe('https://a.test/?e=[email]')
  expect(keepable('order', '4917012345678')).toBe('4917012345678')
})

test('secrets are left out', () => {
  expect(keepable('security_token', 'abc')).toBe('[secret]')
})

test('JSON is kept without people at every depth', () => {
  const kept = keepableJson('custom_data', {
    plan: 'gold',
    customer: { email: 'Jane@Example.test', phone: 4917012345678, tags: ['x', 'jane@example.test'] },
    address: { line1: 'Main St 1' },
  })
  expect(kept).toEqual({
    plan: 'gold',
    customer: { email: sha('jane@example.test'), phone: sha('4917012345678'), tags: ['x', sha('jane@example.test')] },
    address: { line1: sha('main st 1') },
  })
})

test('what cannot be parsed is masked and short', () => {
  const masked = maskedExcerpt(`{"email":"jane@example.test","phone":"+49 (170) 123-4567" broken ${'é'.repeat(600)}`)
  expect(masked).not.toMatch(/jane|example\.test|170|4567/)
  expect(Buffer.byteLength(masked)).toBeLessThanOrEqual(512)
})

test.each([
  ['a form', 'a=1&first_name=Jane+Doe&b=2', 'a=1&first_name=[private]&b=2'],
  ['lines', 'first_name: Jane Doe\nplan: gold', 'first_name: [private]\nplan: gold'],
  [
    'XML',
    '<r><first_name lang="en">Jane</first_name><plan>gold</plan></r>',
    '<r><first_name lang="en">[private]</first_name><plan>gold</plan></r>',
  ],
  ['single quotes', "{'first_name':'Jane', 'plan':'gold'", "{'first_name':[private], 'plan':'gold'"],
  ['JSON within', '{"p":"{\\"fname\\":\\"Jane\\",\\"plan\\":1', '{"p":"{\\"fname\\":[private],\\"plan\\":1'],
])('of %s that cannot be parsed the private values are masked', (_, text, masked) => {
  expect(maskedExcerpt(text)).toBe(masked)
})

test('an address on the border of the excerpt does not slip through', () => {
  expect(maskedExcerpt(`${'x '.repeat(250)}jane.doe.of.somewhere@example.test`)).not.toContain('jane')
})

const twice = (text: string): string => encodeURIComponent(encodeURIComponent(text))
test.each([
  ['an address', twice('jane@example.test'), sha('jane@example.test')],
  ['an address in text', `${twice('mail to jane@example.test')}`, 'mail to [email]'],
  ['thrice', encodeURIComponent(twice('<jane@example.test>')), '<[email]>'],
  ['beside bytes that are no UTF-8', `%ff ${twice('jane@example.test')}`, '%ff [email]'],
  ['a number', encodeURIComponent('+49 (170) 123-4567'), sha('+49 (170) 123-4567')],
  ['a URL', twice('https://a.test/?first_name=Jane&b=1'), 'https://a.test/?first_name=[private]&b=1'],
  [
    'a URL in a URL',
    `https://a.test/?next=${twice('https://b.test/?email=jane@example.test')}`,
    `https://a.test/?next=${encodeURIComponent('https://b.test/?email=[private]')}`,
  ],
  ['JSON', twice('{"first_name":"Jane","a":1}'), JSON.stringify({ first_name: sha('jane'), a: 1 })],
])('no-people-at-rest: %s that is encoded once more than it is decoded', (_, text, kept) => {
  expect(keepable('sub1', text)).toBe(kept)
})

test.each(['a%20b', '100%25', twice('https://a.test/?a=1&b=%20'), '%7B%22a%22%3A1%7D', '%zz', 'fb.1.2.%41'])(
  'byte-for-byte: %s names nobody',
  (text) => {
    expect(keepable('sub1', text)).toBe(text)
  },
)

test.each(['pb_live_', 'pb_op_', 'whsec_'])('no-key-at-rest: %s and what follows, in text, in a URL and percent-encoded', (prefix) => {
  const token = `${prefix}Abc+/def_ghi-jklMNOPqrst0123456789=`
  for (const text of [token, `use ${token}!`, `https://a.test/?t=${encodeURIComponent(token)}&b=1`, encodeURIComponent(token)]) {
    expect(keepable('note', text)).not.toMatch(/def_ghi|MNOP/)
    expect(keepable('note', text)).toMatch(/key \.\.\./)
  }
})

test.each(['[%A0', '{%FF', '[%A0%', ' [%C3', '{"a":"[%A0"', '[%25A0', '%5B%A0'])(
  'what-cannot-be-decoded-ends: %s is looked into once, and kept',
  (text) => {
    expect(withoutPeople(text)).toBe(text)
    expect(keepable('x', text)).toBe(text)
  },
)

test('what-is-encoded-without-end-ends: a text is decoded four times at most, also where it looks like JSON', () => {
  const text = `[%${'25'.repeat(3_900)}41`
  expect(keepable('x', text)).toBe(text)
})
