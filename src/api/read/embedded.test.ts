import fc from 'fast-check'
import { expect, test } from 'vitest'
import { UNKNOWN_SOURCE } from '../../dialects/definition.ts'
import { hashUser } from '../../platforms/user-forms.ts'
import { mintKey } from '../../workspaces/source-key.ts'
import { withoutAddresses, withoutKeys } from './embedded.ts'
import { type ReadContext, readItem } from './request.ts'

/** The forms told in one expression each: right, and slow where nothing matches. */
const ADDRESS = /[^\s"'<>@=&?,;:/]{1,64}(?:@|%40)[^\s"'<>@=&?,;:/]{1,190}\.[A-Za-z]{2,24}/g
const KEY = /[a-z0-9_]{2,40}-[a-z0-9_]{2,40}\.\d{1,9}\.\w{1,16}\.[\w-]{22}/g

const texts = (pieces: readonly string[]) => fc.array(fc.constantFrom(...pieces), { maxLength: 14 }).map((parts) => parts.join(''))

test('addresses are found where the plain expression finds them', () =>
  fc.assert(
    fc.property(texts(['a', 'jane.doe', '@', '%40', '.', '.de', 'example.test', ' ', '"', '=', 'é', 'x'.repeat(70), '%']), (text) => {
      // Where two lie together one may swallow the other; what is left must name nobody either way.
      expect(withoutAddresses(text, ' ').match(ADDRESS)).toBeNull()
      expect(withoutAddresses(text, '[email]') === text).toBe(text.match(ADDRESS) === null)
    }),
    { numRuns: 2_000 },
  ))

test('keys are found where the plain expression finds them', () => {
  const key = mintKey('acme', 'shop', 1, { id: 'r1', secret: Buffer.alloc(32) }, 'pbk1')
  fc.assert(
    fc.property(texts([key, key.slice(4), 'acme-', '.1.r1.', 'a'.repeat(22), '-', '.', '/', '?key=', '_0', 'X', '9']), (text) => {
      expect(withoutKeys(text)).toBe(text.replace(KEY, (one) => `[key ...${one.slice(-4)}]`))
    }),
    { numRuns: 2_000 },
  )
})

const context: ReadContext = {
  ...{ workspaceId: 'w1', sourceId: 's1', keyVersion: 1, rules: UNKNOWN_SOURCE, postbackId: '01900000-0000-7000-8000-000000000001' },
  ...{ nowMs: 0, workspacesOffset: -1, senderIp: null, senderUserAgent: null, messageId: null, hashUser },
}
const read = (value: { [name: string]: string | object }) =>
  readItem({ value: value as never, isJson: true, invalidUtf8: false, duplicateKeys: false, refusedNames: [] }, 0, context).postback

/** Megabytes that were made so that an expression begins at every character: they end within the time a test has, or not at all. */
test.each([
  ['addresses', 'a%40'],
  ['ends of addresses', '%.'],
  ['names of keys', '_0'],
  ['keys', `${'a'.repeat(40)}-`],
  ['digits', '0'],
  ['escapes', '\\'],
  ['parameters', '&email=a'],
])('one-sender-keeps-nobody-waiting: %s without end', (_, piece) => {
  const hostile = piece.repeat(2_000_000 / piece.length)
  const { raw, problems } = read({
    event: 'Lead',
    sub1: hostile,
    note: { a: [hostile, { b: `https://a.test/?${hostile}` }] },
    items: [{ price: `${hostile}x` }],
  })
  for (const text of Object.values(raw)) expect(text.length).toBeLessThan(40_000)
  expect(problems.map(({ code }) => code)).toContain('value_too_long')
})

test('8-kB-a-value: also inside of objects and lists', () => {
  const { raw, problems } = read({ event: 'Lead', note: { a: ['x'.repeat(9_000)], b: 'y'.repeat(8_192) } })
  const note = JSON.parse(raw.note ?? '') as { a: string[]; b: string }
  expect([note.a[0]?.length, note.b.length]).toEqual([8_192, 8_192])
  expect(problems.filter(({ code }) => code === 'value_too_long')).toHaveLength(1)
})
