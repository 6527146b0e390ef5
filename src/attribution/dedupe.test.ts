import fc from 'fast-check'
import { expect, test } from 'vitest'
import { eventId } from '../events/event-id.ts'
import { samplePostback } from '../events/samples.ts'
import type { DedupePolicy } from '../workspaces/schema.ts'
import { fingerprint } from './fingerprint.ts'
import { createWorkerDouble, NOW_MS } from './worker-double.ts'

const DAY_MS = 86_400_000
const word = fc.constantFrom('a', 'b', null)
const parts = fc.record({
  click_id: word,
  transaction_id: word,
  event: fc.constantFrom('Purchase', 'Lead'),
  conversion_status: fc.constantFrom('approved', 'refund', null),
  value: fc.constantFrom('1', '2', null),
  currency: fc.constantFrom('USD', null),
  event_time: fc.constantFrom(1, 2, null),
  gclid: word,
  fbclid: word,
})

test.each([undefined, 'every'] as const)('where the sender gives no event id, one fingerprint is one event id (policy: %s)', (policy) => {
  fc.assert(
    fc.property(parts, parts, (one, two) => {
      const [a, b] = [one, two].map((reading, n) => {
        const postback_id = `01900000-0000-7000-8000-00000000000${n}`
        const event_id = eventId({ ...reading, workspace_id: 'w1' }, policy === 'every' ? postback_id : undefined)
        return samplePostback({ postback_id, reading: { ...reading, event_id } })
      })
      if (a === undefined || b === undefined) throw new Error('two were made')
      expect(fingerprint(a, policy).equals(fingerprint(b, policy))).toBe(a.reading.event_id === b.reading.event_id)
    }),
    { numRuns: 2_000 },
  )
})

/** One transaction, then what is sent after it. */
const first = { click_id: 'a', transaction_id: 't', event: 'Purchase', conversion_status: 'approved', value: '10' } as const
test.each<{ name: string; policy?: DedupePolicy; more: object; stage: 'matched click_id' | 'duplicate' }>([
  { name: 'a resend', more: {}, stage: 'duplicate' },
  { name: 'a new status', more: { conversion_status: 'refund' }, stage: 'matched click_id' },
  { name: 'a new status under by_transaction', policy: 'by_transaction', more: { conversion_status: 'refund' }, stage: 'duplicate' },
  { name: 'a new status under first_only', policy: 'first_only', more: { conversion_status: 'refund' }, stage: 'duplicate' },
  { name: 'another event of the transaction', policy: 'by_transaction', more: { event: 'Lead' }, stage: 'matched click_id' },
  { name: 'an upsell under its own transaction', policy: 'by_transaction', more: { transaction_id: 't2' }, stage: 'matched click_id' },
  { name: 'an upsell under first_only', policy: 'first_only', more: { transaction_id: 't2' }, stage: 'duplicate' },
  { name: 'a payout update with the status', more: { value: '12' }, stage: 'duplicate' },
  { name: 'a payout update with a new status', more: { value: '12', conversion_status: 'rebill' }, stage: 'matched click_id' },
  {
    name: 'a payout update with an event id of its own',
    more: { value: '12', event_id: 'u2', event_id_given: true },
    stage: 'matched click_id',
  },
  { name: 'a payout update under every', policy: 'every', more: { value: '12' }, stage: 'matched click_id' },
  { name: 'the same conversion under another alias', more: { click_id: 'b' }, stage: 'matched click_id' },
])('after a sale, $name: $stage', ({ policy, more, stage }) => {
  const world = createWorkerDouble()
  if (policy !== undefined) world.configure('w1', {}, [{ id: 's1', dedupe: { '*': policy } }])
  for (const id of ['a', 'b']) world.click(id, { ids: ['a', 'b'] })
  world.post(first)
  expect(world.stages(world.post({ ...first, ...more }))).toEqual([stage])
})

test.each([
  { name: 'within the window', ms: 7 * DAY_MS, days: 7, stage: 'duplicate' },
  { name: 'past the window', ms: 7 * DAY_MS + 1, days: 7, stage: 'matched click_id' },
  { name: 'past the window of a workspace that shortened it', ms: DAY_MS + 1, days: 1, stage: 'matched click_id' },
])('a resend $name is $stage', ({ ms, days, stage }) => {
  const world = createWorkerDouble()
  world.configure('w1', { dedupe_window_days: days })
  world.click('a')
  world.post(first)
  world.nowMs += ms
  expect(world.stages(world.post(first))).toEqual([stage])
})

test('the window begins at what counted, not at the last duplicate', () => {
  const world = createWorkerDouble()
  world.click('a')
  const stages = [0, 4, 8].map((days) => {
    world.nowMs = NOW_MS + days * DAY_MS
    return world.stages(world.post(first))[0]
  })
  expect(stages).toEqual(['matched click_id', 'duplicate', 'matched click_id'])
})

test('a-duplicate-written-twice-is-told-twice: what the spool and the producer both wrote is one record, also as a duplicate', () => {
  const world = createWorkerDouble()
  world.click('a')
  world.post(first)
  const postback_id = '01900000-0000-7000-8000-aaaaaaaaaaaa'
  for (let n = 0; n < 3; n++) world.post(first, { postback_id })
  expect(world.stages(postback_id)).toEqual(['duplicate'])
})

test('the policy of an event holds for that event alone', () => {
  const world = createWorkerDouble()
  world.configure('w1', {}, [{ id: 's1', dedupe: { Purchase: 'by_transaction', '*': 'every' } }])
  const sale = { click_id: 'a', transaction_id: 't', event: 'Purchase' }
  world.click('a')
  const stages = [
    world.post(sale),
    world.post({ ...sale, conversion_status: 'refund' }),
    world.post({ ...sale, event: 'Lead' }),
    world.post({ ...sale, event: 'Lead' }),
  ].map((id) => world.stages(id)[0])
  expect(stages).toEqual(['matched click_id', 'duplicate', 'matched click_id', 'matched click_id'])
})

const KEPT = '01900000-0000-7000-8000-bbbbbbbbbbbb'
const kept = { click_id: 'a', transaction_id: 't', event: null, conversion_status: null }
const quarantined = { postback_id: KEPT, quarantined: 'status_unmapped' }
const again = { postback_id: KEPT, read_again_at: NOW_MS + 1 }

test.each([undefined, 'first_only', 'by_transaction', 'every'] as const)(
  'what could not be read is decided once when it is read again, however often and as whatever that is (policy: %s)',
  (policy) => {
    const world = createWorkerDouble()
    if (policy !== undefined) world.configure('w1', {}, [{ id: 's1', dedupe: { '*': policy } }])
    world.click('a')
    world.post(kept, quarantined)
    world.post(first, again)
    world.post(first, again)
    world.restart()
    world.post({ ...first, event: 'Lead' }, { ...again, read_again_at: NOW_MS + 2 })
    expect(world.stages(KEPT)).toEqual(['quarantined status_unmapped', 'matched click_id'])
  },
)

test('what was read again and what its sender says again are one conversion, whichever is first', () => {
  const one = createWorkerDouble()
  one.click('a')
  one.post(kept, quarantined)
  one.post(first, again)
  expect(one.stages(one.post(first))).toEqual(['duplicate'])

  const other = createWorkerDouble()
  other.click('a')
  other.post(kept, quarantined)
  other.post(first)
  for (let n = 0; n < 3; n++) other.post(first, again)
  expect(other.stages(KEPT)).toEqual(['quarantined status_unmapped', 'duplicate'])
})

test('what is read again waits for its click like any other, by its own time of receipt', () => {
  const world = createWorkerDouble()
  world.post(kept, quarantined)
  world.nowMs += 3_600_000
  world.post(first, { ...again, received_at: NOW_MS })
  expect(world.stages(KEPT)).toEqual(['quarantined status_unmapped', 'held click_not_seen'])
  world.echo()
  world.click('a', { clicked_at: NOW_MS - 1_000 })
  expect(world.stages(KEPT).at(-1)).toBe('matched click_id')
})

test('a stranger that cannot be read is quarantined at once: it would never leave the hold', () => {
  const world = createWorkerDouble()
  const id = world.post(kept, { quarantined: 'status_unmapped', workspace_id: 'w2' })
  expect(world.stages(id)).toEqual(['quarantined status_unmapped'])
})
