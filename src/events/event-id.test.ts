import { expect, test } from 'vitest'
import { EVENT_ID_VECTORS, serverParts } from '../../test/support/event-id-vectors.ts'
import { eventId } from './event-id.ts'

const parts = {
  workspace_id: 'w1',
  click_id: 'c1',
  event: 'Purchase',
  transaction_id: 't1',
  conversion_status: 'approved',
  value: '1',
  currency: 'USD',
  event_time: 1,
}

test.each(EVENT_ID_VECTORS.vectors)('one-event-id-everywhere: $name', (vector) => {
  expect(eventId(serverParts(vector))).toBe(vector.event_id)
})

test('is a UUID of version 8', () => {
  expect(eventId(parts)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
})

test('a resend with another value keeps its id, since click and transaction name the conversion', () => {
  expect(eventId({ ...parts, value: '2', event_time: 9 })).toBe(eventId(parts))
})

test('without click and transaction the value tells two conversions apart', () => {
  const bare = { ...parts, click_id: null, transaction_id: null }
  expect(eventId({ ...bare, value: '2' })).not.toBe(eventId(bare))
})

test('two visitors who bought the same for the same price are two conversions', () => {
  const bare = { ...parts, click_id: null, transaction_id: null }
  expect(eventId({ ...bare, gclid: 'a' })).not.toBe(eventId({ ...bare, gclid: 'b' }))
  expect(eventId({ ...bare, gclid: null })).toBe(eventId(bare))
})

test('under the policy every, each postback has its own', () => {
  expect(eventId(parts, 'p1')).not.toBe(eventId(parts, 'p2'))
})
