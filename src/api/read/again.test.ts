import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Meaning, UNKNOWN_SOURCE } from '../../dialects/definition.ts'
import { hashUser } from '../../platforms/user-forms.ts'
import { readAgain } from './again.ts'
import { type ReadContext, readRequest } from './request.ts'

const NOW = Date.UTC(2026, 10, 1)
const context = (rules: Partial<ReadContext['rules']>): ReadContext => ({
  workspaceId: 'w1',
  sourceId: 's1',
  keyVersion: 1,
  rules: { ...UNKNOWN_SOURCE, ...rules },
  postbackId: '01900000-0000-7000-8000-000000000001',
  nowMs: NOW,
  workspacesOffset: 3,
  senderIp: null,
  senderUserAgent: null,
  messageId: null,
  hashUser,
})
const read = (query: string, rules: Partial<ReadContext['rules']> = {}) =>
  readRequest({ method: 'GET', query, contentType: '', contentEncoding: '', body: null }, context(rules)).postback
const again = (query: string, map: Readonly<Record<string, Meaning>>, rules: Partial<ReadContext['rules']> = {}) =>
  readAgain(read(query, rules), { status_map: map, dedupe: {} }, NOW + 5)

const DEPOSIT: Meaning = { event: 'Deposit', conversion_status: 'approved' }

test('a word that was mapped since is read, under the same postback id, with the event id that a resend has', () => {
  const query = 'click_id=c1&event=dep2&value=5&currency=USD&transaction_id=t1'
  const sent = read(query)
  const now = readAgain(sent, { status_map: { dep2: DEPOSIT }, dedupe: {} }, NOW + 5)
  const resend = read(query, { status_map: { dep2: DEPOSIT } })
  expect(now).toEqual({ ...resend, read_again_at: NOW + 5 })
  expect(now?.postback_id).toBe(sent.postback_id)
  expect(now?.reading.event_id).not.toBe(sent.reading.event_id)
})

test.each([
  ['a word that has no meaning yet', 'click_id=c1&event=dep2', { other: DEPOSIT }],
  ['a word that is mapped to nothing', 'click_id=c1&event=dep2', { dep2: { event: null, conversion_status: null } }],
  ['what was never kept for its words', 'click_id=c1&event=Lead&value=x', { lead: DEPOSIT }],
  ['what had a meaning', 'click_id=c1&event=Lead', { lead: DEPOSIT }],
] as const)('%s is not read again', (_, query, map) => {
  expect(again(query, map)).toBe(null)
})

test('a backend was refused, so its postback is not read again', () => {
  expect(again('click_id=c1&event=dep2', { dep2: DEPOSIT }, { kind: 'backend' })).toBe(null)
})

test('an event id that the sender gave stays', () => {
  expect(again('click_id=c1&event=dep2&event_id=mine', { dep2: DEPOSIT })?.reading.event_id).toBe('mine')
})

test('what else was wrong stays wrong', () => {
  expect(again('click_id=c1&event=dep2&value=many', { dep2: DEPOSIT })).toMatchObject({
    quarantined: 'value_invalid',
    problems: [{ code: 'value_invalid' }],
    reading: { event: 'Deposit' },
  })
})

test('under the empty word what named neither event nor status is read too', () => {
  expect(again('click_id=c1&payout=3&currency=EUR', { '': DEPOSIT })).toMatchObject({ quarantined: null, reading: { event: 'Deposit' } })
  expect(again('click_id=c1&event={event_name}', { '': DEPOSIT })).toBe(null)
})

test('reading again under a map is reading at first under that map', () => {
  const word = fc.constantFrom('dep2', 'ftd', 'Sale', '1', '7', 'approved', 'x y', '{event}', '', 'jane@example.test')
  const name = fc.constantFrom('event', 'status', 'goal', 'et', 'type', 'click_id', 'subid', 'payout', 'tid', 'lead_status', 'event_id')
  const meaning = fc.record({
    event: fc.constantFrom('Lead', 'Deposit', null),
    conversion_status: fc.constantFrom('approved', 'hold', null),
  })
  const key = fc.constantFrom('dep2', '1', '7', 'x y', 'event:1', 'status:1', 'status:7', '')
  const tracker = fc.constantFrom('generic', 'keitaro', 'voluum', 'affise', 'everflow', 'adjust')
  let count = 0
  fc.assert(
    fc.property(fc.array(fc.tuple(name, word), { maxLength: 6 }), fc.dictionary(key, meaning), tracker, (pairs, map, tracker) => {
      const query = pairs.map(([param, text]) => `${param}=${encodeURIComponent(text)}`).join('&')
      const sent = read(query, { tracker })
      const now = readAgain(sent, { status_map: map, dedupe: {} }, NOW + 5)
      const wanted = read(query, { tracker, status_map: map })
      if (now === null) {
        if (sent.quarantined === 'status_unmapped' || sent.quarantined === 'no_event')
          expect(['status_unmapped', 'no_event']).toContain(wanted.quarantined)
        return
      }
      count += 1
      const { problems: _, ...rest } = now
      const { problems: __, ...wantedRest } = wanted
      expect(rest).toEqual({ ...wantedRest, read_again_at: NOW + 5 })
      expect(now.problems.map(({ code }) => code)).toEqual(wanted.problems.map(({ code }) => code))
    }),
    { numRuns: 3_000 },
  )
  expect(count).toBeGreaterThan(100)
})
