import { expect, test } from 'vitest'
import type { Reading } from '../events/postback.ts'
import { samplePostback } from '../events/samples.ts'
import type { DedupePolicy } from '../workspaces/schema.ts'
import { fingerprint, shortId, sight } from './fingerprint.ts'

const base = samplePostback({ reading: { transaction_id: 't1' } })
const other = (reading: Partial<Reading>) =>
  samplePostback({ postback_id: '01900000-0000-7000-8000-000000000002', reading: { transaction_id: 't1', ...reading } })

test.each<{ name: string; policy: DedupePolicy | undefined; reading: Partial<Reading>; same: boolean }>([
  { name: 'a resend', policy: undefined, reading: {}, same: true },
  { name: 'a resend with another value', policy: undefined, reading: { value: '9' }, same: true },
  { name: 'a new status of the transaction', policy: undefined, reading: { conversion_status: 'rejected' }, same: false },
  { name: 'another transaction', policy: undefined, reading: { transaction_id: 't2' }, same: false },
  { name: 'another click id', policy: undefined, reading: { click_id: 'c2' }, same: false },
  { name: 'another event id given by the sender', policy: undefined, reading: { event_id: 'x', event_id_given: true }, same: false },
  { name: 'a new status under by_transaction', policy: 'by_transaction', reading: { conversion_status: 'rejected' }, same: true },
  { name: 'another transaction under first_only', policy: 'first_only', reading: { transaction_id: 't2' }, same: true },
  { name: 'a resend under every', policy: 'every', reading: {}, same: false },
])('$name', ({ policy, reading, same }) => {
  expect(fingerprint(other(reading), policy).equals(fingerprint(base, policy))).toBe(same)
})

test('sent-twice-counts-once: the same message counts once even where every postback does, and another message counts again', () => {
  const said = (postback_id: string, message_id: string) => fingerprint(samplePostback({ postback_id, message_id }), 'every')
  expect(said('01900000-0000-7000-8000-000000000001', 'm1')).toEqual(said('01900000-0000-7000-8000-000000000002', 'm1'))
  expect(said('01900000-0000-7000-8000-000000000001', 'm1')).not.toEqual(said('01900000-0000-7000-8000-000000000001', 'm2'))
})

test.each([
  { policy: 'first_only', ids: { click_id: null, gclid: 'a' }, others: { click_id: null, gclid: 'b', transaction_id: 't2' } },
  {
    policy: 'by_transaction',
    ids: { click_id: null, transaction_id: null },
    others: { click_id: null, transaction_id: null, event_id: 'e2' },
  },
] as const)('two buyers without the id that $policy rests on are two conversions', ({ policy, ids, others }) => {
  expect(fingerprint(other(others), policy).equals(fingerprint(other(ids), policy))).toBe(false)
})

const first = { offset: 5, postbackId: shortId(base.postback_id), receivedAtMs: base.received_at }
test.each([
  { name: 'never seen', stored: undefined, postback: base, offset: 9, expected: 'first' },
  { name: 'met again in a replay', stored: first, postback: base, offset: 5, expected: 'first' },
  { name: 'replayed from before its first sight', stored: first, postback: base, offset: 4, expected: 'first' },
  { name: 'written by spool and producer', stored: first, postback: base, offset: 6, expected: 'repeat' },
  { name: 'sent again', stored: first, postback: other({}), offset: 6, expected: 'duplicate' },
  {
    name: 'sent again after the window',
    stored: { ...first, receivedAtMs: base.received_at - 1_001 },
    postback: other({}),
    offset: 6,
    expected: 'first',
  },
])('$name', ({ stored, postback, offset, expected }) => {
  expect(sight(stored, postback, offset, 1_000)).toBe(expected)
})
