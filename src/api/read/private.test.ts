import { hash } from 'node:crypto'
import { expect, test } from 'vitest'
import { isPrivateName, keepable, keepableJson, maskedExcerpt } from './private.ts'

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
])('%s names user data', (name) => {
  expect(isPrivateName(name)).toBe(true)
})
test.each(['event_name', 'campaign_name', 'ip_address', 'telemetry', 'value', 'subid', 'product_name', 'theme'])(
  '%s names none',
  (name) => {
    expect(isPrivateName(name)).toBe(false)
  },
)

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

test('an address on the border of the excerpt does not slip through', () => {
  expect(maskedExcerpt(`${'x '.repeat(250)}jane.doe.of.somewhere@example.test`)).not.toContain('jane')
})
