import { expect, test } from 'vitest'
import type { ListedEvent } from '../../../store/listed-event.ts'
import { fits, merged, newestFirst, queryOf, readFilter } from './filter.ts'

const event = (id: string, status: ListedEvent['status'], second = 0): ListedEvent => ({
  postback_id: id,
  event_id: `e-${id}`,
  received_at: `2026-11-24T10:00:${String(second).padStart(2, '0')}.000Z`,
  event_time: null,
  source_id: 's1',
  tracker: 'keitaro',
  campaign_id: null,
  platform: null,
  event: 'Purchase',
  conversion_status: 'approved',
  click_id: `Click-${id}`,
  transaction_id: null,
  value: null,
  currency: null,
  status,
  test: false,
  subs: { sub3: 'blue' },
  deliveries: [],
})
const all = { status: '', q: '' }

test('a row is renewed in its place and a new one comes first', () => {
  const before = merged(new Map(), [event('a', 'held', 1), event('b', 'matched', 2)], all, 10)
  const after = merged(before, [event('a', 'forwarded', 1), event('c', 'received', 3)], all, 10)
  expect(newestFirst(after).map((row) => [row.postback_id, row.status])).toEqual([
    ['c', 'received'],
    ['b', 'matched'],
    ['a', 'forwarded'],
  ])
})

test('a row that no longer fits leaves, and one that never fitted does not come in', () => {
  const held = { status: 'held', q: '' }
  const before = merged(new Map(), [event('a', 'held')], held, 10)
  expect([...merged(before, [event('a', 'matched'), event('b', 'received')], held, 10).keys()]).toEqual([])
})

test('the oldest rows leave a full list', () => {
  const rows = merged(new Map(), [event('a', 'held', 1), event('b', 'held', 3), event('c', 'held', 2)], all, 2)
  expect([...rows.keys()]).toEqual(['b', 'c'])
})

test('a search looks into the ids, case-blind', () => {
  const rows = merged(new Map(), [event('a', 'held'), event('b', 'held')], { status: '', q: 'CLICK-B' }, 10)
  expect([...rows.keys()]).toEqual(['b'])
  expect(readFilter('?status=held&q=x')).toEqual({ status: 'held', q: 'x' })
})

test.each([
  { q: 'sub3:blue', asked: { status: '', sub3: 'blue' }, fits: true },
  { q: ' SUB3:blue', asked: { status: '', sub3: 'blue' }, fits: true },
  { q: 'sub3:Blue', asked: { status: '', sub3: 'Blue' }, fits: false },
  { q: 'sub20:blue', asked: { status: '', sub20: 'blue' }, fits: false },
  { q: 'sub21:blue', asked: { status: '', q: 'sub21:blue' }, fits: false },
  { q: 'sub3:', asked: { status: '', q: 'sub3:' }, fits: false },
  { q: 'click', asked: { status: '', q: 'click' }, fits: true },
])('$q asks for $asked', ({ q, asked, fits: isIn }) => {
  expect(queryOf({ status: '', q })).toEqual(asked)
  expect(fits(event('a', 'held'), { status: '', q })).toBe(isIn)
})
