import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ReadContext } from '../../api/read/request.ts'
import { type Dialect, type Json, type SourceRules, SUBS, UNKNOWN_SOURCE } from '../../dialects/definition.ts'
import { DIALECTS } from '../../dialects/index.ts'
import { createEncoder } from '../../kafka/codec.ts'
import type { AvroSchema } from '../../kafka/registry.ts'
import { hashUser } from '../../platforms/user-forms.ts'
import type { Entries, ReadAgain } from './stencil.ts'
import { createStencils, readObject, readQuery, type Stencils } from './stencils.ts'

const NOW = Date.UTC(2026, 10, 1)
const schema = JSON.parse(readFileSync(new URL('../../../schemas/postback.avsc', import.meta.url), 'utf8')) as AvroSchema
const encoder = createEncoder({ 'postbacks-value': schema }, new Map([['postbacks-value', 7]]))
const encode = (value: object): Buffer => encoder('postbacks-value', value)

let requests = 0
const contextOf = (rules: SourceRules): ReadContext => ({
  ...{ workspaceId: 'acme', sourceId: 'main', keyVersion: 1, rules, messageId: null, hashUser },
  postbackId: randomUUID(),
  nowMs: NOW + requests++,
  workspacesOffset: requests * 3,
  senderIp: `192.0.2.${requests % 256}`,
  senderUserAgent: `tracker/${requests % 7}.0 (für ${requests % 3 === 0 ? 'a@b.example' : 'alle'})`,
})

/** What the stencil makes of it is what the general reader makes of it. false: there is none. */
function isStencilled(
  stencils: Pick<Stencils, 'of'>,
  readAgain: ReadAgain,
  entries: Entries,
  rules: SourceRules,
  more: Partial<ReadContext> = {},
): boolean {
  const context = { ...contextOf(rules), ...more }
  const stencil = stencils.of(entries, context)
  const filled = stencil?.fill(entries, context) ?? null
  if (stencil === null || filled === null) return false
  const { postback, errors, replyForm } = readAgain(entries, context)
  const { value, ...told } = filled
  const { reading, postback_id, problems, quarantined } = postback
  expect({ ...told, replyForm: stencil.replyForm, isTest: stencil.isTest, errors: [], problems: [], quarantined: null }).toEqual({
    postbackId: postback_id,
    eventId: reading.event_id,
    clickId: reading.click_id,
    transactionId: reading.transaction_id,
    replyForm,
    isTest: reading.test,
    ...{ errors, problems, quarantined },
  })
  expect(value.equals(encode(postback))).toBe(true)
  return true
}

const ids = fc.oneof(
  fc.stringMatching(/^[a-z]{0,3}[0-9]{1,12}([._-][A-Za-z0-9]{1,8}){0,2}$/),
  fc.uuid(),
  fc.constantFrom(
    'SUB_ID1',
    'your-id1',
    'xxxx1',
    'a@b.example',
    '+4915112345678',
    '{clickid}',
    'null',
    '0',
    '$a1',
    'ключ1',
    ' a1',
    'a1',
    '%31',
  ),
)
const amounts = fc.oneof(
  fc.tuple(fc.nat(99_999), fc.nat(99)).map(([whole, cents]) => `${whole}.${cents}`),
  fc.constantFrom('0', '12', '12,5', '1.234', '1,234.50', '.40', '007', '-3', '1.2345678', '9'.repeat(13)),
)
const words = fc.constantFrom(
  'Purchase',
  'lead',
  'sale',
  'approved',
  'rejected',
  'USD',
  'EUR',
  'Custom_a1',
  '1',
  'true',
  '204',
  'gif',
  'DE',
)
const value: fc.Arbitrary<Json> = fc.oneof(
  { weight: 6, arbitrary: ids },
  { weight: 2, arbitrary: amounts },
  { weight: 2, arbitrary: words },
)
const inJson: fc.Arbitrary<Json> = fc.oneof(
  { weight: 8, arbitrary: value },
  { weight: 2, arbitrary: fc.oneof(fc.double({ noNaN: true }), fc.nat(), fc.boolean(), fc.constant(null)) },
)
const nameOf = (dialect: Dialect): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom('click_id', 'transaction_id', 'event', 'status', 'value', 'currency', 'event_id') },
    { weight: 4, arbitrary: fc.constantFrom(...dialect.byParam.keys()) },
    { weight: 2, arbitrary: fc.constantFrom(...SUBS, 'foo', 'order_no', 'phone', 'token', 'customer', 'return', 'key', 'Return') },
    { weight: 1, arbitrary: fc.constantFrom(...Object.keys(dialect.wordLists), ...(dialect.hundredths ?? []), 'offer') },
  )
const rulesOf = (dialect: Dialect): fc.Arbitrary<SourceRules> =>
  fc.record({
    ...{ kind: fc.constantFrom('tracker', 'backend'), tracker: fc.constantFrom(dialect.id, 'generic') },
    ...{ default_currency: fc.constantFrom('USD', null), default_country: fc.constant(null), timezone: fc.constant('UTC') },
    decimal: fc.constantFrom('.', ',', null),
    status_map: fc.constantFrom({}, { a1: { event: 'Lead', conversion_status: null } }),
    dedupe: fc.constantFrom({}, { '*': 'every' as const }),
  })

/** Parameters of a request, and four lists of what they may hold: most are a postback that somebody might send. */
const requestOf = (dialect: Dialect) =>
  fc.tuple(fc.boolean(), fc.array(nameOf(dialect), { maxLength: 6 })).chain(([isUsual, more]) => {
    const named = isUsual ? [...new Set(['click_id', 'event', 'currency', ...more])] : more
    const holding = (name: string): fc.Arbitrary<Json> => {
      const usual = { click_id: ids, event: fc.constant('Purchase'), currency: fc.constant('USD'), value: amounts, status: words }[name]
      return isUsual && usual !== undefined ? usual : inJson
    }
    const list = fc.tuple(...named.map(holding))
    return fc.record({ names: fc.constant(named), lists: fc.tuple(list, list, list, list) })
  })

let stencilled = 0
test.each(DIALECTS)('$id: a stencil writes what the general reader reads, whatever comes', (dialect) => {
  fc.assert(
    fc.property(
      ...([rulesOf(dialect), fc.boolean(), requestOf(dialect), fc.array(fc.nat(3), { minLength: 12, maxLength: 12 })] as const),
      (rules, isObject, { names, lists }, picks) => {
        const readAgain = isObject ? readObject : readQuery
        const stencils = createStencils(encode)[isObject ? 'item' : 'query']
        for (const [n, list] of lists.entries()) {
          // Some values as they were in the first, so that what is not free is met again.
          const entries = names.map((name, at): [string, Json] => {
            const sent = ((picks[(n * 3 + at) % 12] ?? 0) < 2 ? list : lists[0])[at] ?? ''
            return [name, isObject ? sent : String(sent)]
          })
          if (isStencilled(stencils, readAgain, isObject ? Object.entries(Object.fromEntries(entries)) : entries, rules)) stencilled++
        }
      },
    ),
    { numRuns: 200 },
  )
})

test('enough of it was written by stencils to tell', () => {
  expect(stencilled).toBeGreaterThan(1_000)
})

const RULES: SourceRules = { ...UNKNOWN_SOURCE, kind: 'backend' }
const usual = (more: readonly (readonly [string, Json])[] = []): Entries => [['click_id', 'a1'], ['event', 'Purchase'], ...more]
const again = (entries: Entries, more: Partial<ReadContext> = {}, rules = RULES, stencils = createStencils(encode).item): boolean[] =>
  [1, 2].map(() => isStencilled(stencils, readObject, entries, rules, more))

test.each<{ name: string; entries: Entries; more?: Partial<ReadContext>; is: boolean }>([
  { name: 'what everybody sends', entries: usual([['sub1', 'b2']]), is: true },
  { name: 'no user agent', entries: usual(), more: { senderUserAgent: null }, is: true },
  {
    name: 'ids of 26 and 64 characters',
    entries: usual([
      ['sub1', '1'.repeat(26)],
      ['sub2', `a${'1'.repeat(63)}`],
    ]),
    is: true,
  },
  { name: 'an id of 65 characters', entries: usual([['sub1', '1'.repeat(65)]]), is: true },
  {
    name: 'names with blanks and digits',
    entries: usual([
      ['7', 'x9'],
      [' a b ', 'c3'],
    ]),
    is: true,
  },
  { name: 'a time, which the clock may think of otherwise', entries: usual([['event_time', String(NOW / 1_000)]]), is: false },
  { name: 'an object, which is never the same again', entries: usual([['consent', { ad_user_data: 'GRANTED' }]]), is: false },
  { name: 'a large value that nobody reads', entries: usual([['return', 'x'.repeat(5_000)]]), is: false },
  {
    name: 'large secrets',
    entries: usual([
      ['a1_token', 'x'.repeat(2_500)],
      ['a2_token', 'x'.repeat(2_500)],
    ]),
    is: false,
  },
  { name: 'many parameters', entries: usual(Array.from({ length: 39 }, (_, n) => [`p${n}`, `v${n}`])), is: false },
  { name: 'an address with a long zone', entries: usual(), more: { senderIp: `fe80::1%${'z'.repeat(80)}` }, is: false },
  { name: 'a signed message', entries: usual(), more: { messageId: 'msg_1' }, is: false },
  // Each of its numbers is hashed, so that it becomes thirty times as long.
  { name: 'a user agent that grows', entries: usual(), more: { senderUserAgent: `%7B"ph":[${'1,'.repeat(240)}1]}` }, is: false },
])('a request with $name: by a stencil? $is', ({ entries, more, is }) => {
  expect(again(entries, more)).toEqual([is, is])
})

test('a record as long as they get, with a user agent that grows as long as it may, is whole', () => {
  const pad = Array.from({ length: 4 }, (_, n): [string, Json] => [`pad${n}`, 'x'.repeat(950)])
  for (const numbers of [1, 4, 7, 9, 12])
    expect(again(usual(pad), { senderUserAgent: `%7B"ph":[${'1,'.repeat(numbers)}1]}` }, { ...RULES, tracker: 'generic' })[1]).toBe(
      numbers < 9,
    )
})

test('another version of the key, another source and other settings are never written by what was learned', () => {
  const stencils = createStencils(encode).query
  const sent: Entries = [
    ['click_id', 'a1'],
    ['status', 'a1'],
  ]
  const sold = { ...RULES, status_map: { a1: { event: 'Purchase', conversion_status: null } } }
  const led = { ...RULES, status_map: { a1: { event: 'Lead', conversion_status: null } } }
  for (const rules of [sold, led, sold])
    for (const more of [{}, { keyVersion: 2 }, { sourceId: 'other' }, { workspaceId: 'other' }])
      expect(isStencilled(stencils, readQuery, sent, rules, more)).toBe(true)
})

test('a source that is not known yet has no stencils, since many share its settings', () => {
  expect(again(usual(), {}, UNKNOWN_SOURCE)).toEqual([false, false])
})

test('a sender who never repeats himself is read at length but for a few', () => {
  const { query } = createStencils(encode)
  const sent = (n: number): Entries => [
    ['click_id', 'a1'],
    ['event', `Custom_${n}`],
  ]
  const learned = Array.from({ length: 400 }, (_, n) => query.of(sent(n), contextOf(RULES)) !== null)
  // The first sixteen, and one for each two hundred.
  expect(learned.filter(Boolean).length).toBe(18)
  expect(learned.slice(0, 16)).not.toContain(false)
  expect(query.of(sent(0), contextOf(RULES))).not.toBeNull()
  expect(query.of(sent(50), contextOf(RULES))).toBeNull()
})
