import { expect, test } from 'vitest'
import type { Reading } from '../events/postback.ts'
import type { Settings } from '../workspaces/schema.ts'
import { createWorkerDouble, NOW_MS } from './worker-double.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** One click, one postback; times count from its receipt by a right clock. */
test.each<{
  name: string
  settings?: Partial<Settings>
  clickedMs: number
  /** What the edge that took the postback believed the time to be. */
  receivedMs?: number
  eventMs?: number
  reading?: Partial<Reading>
  stage: string
}>([
  { name: 'at the click', clickedMs: 0, stage: 'matched click_id' },
  { name: 'on the last millisecond of the default window', clickedMs: -30 * DAY_MS, stage: 'matched click_id' },
  { name: 'one past it', clickedMs: -30 * DAY_MS - 1, stage: 'unmatched click_expired' },
  {
    name: 'on the last millisecond of the window of the workspace',
    settings: { attribution_window_days: 0.5 },
    clickedMs: -12 * HOUR_MS,
    stage: 'matched click_id',
  },
  {
    name: 'one past the window of the workspace',
    settings: { attribution_window_days: 0.5 },
    clickedMs: -12 * HOUR_MS - 1,
    stage: 'unmatched click_expired',
  },
  { name: 'sent late: the conversion lay in the window', clickedMs: -40 * DAY_MS, eventMs: -20 * DAY_MS, stage: 'matched click_id' },
  { name: 'sent late: the conversion lay before its click', clickedMs: -DAY_MS, eventMs: -2 * DAY_MS, stage: 'unmatched before_click' },
  { name: 'ahead by what the edge lets pass', clickedMs: 0, eventMs: 10 * MINUTE_MS, stage: 'matched click_id' },
  {
    name: 'ahead across the end of the window: the sender says when it was',
    clickedMs: -30 * DAY_MS,
    eventMs: 1,
    stage: 'unmatched click_expired',
  },
  { name: 'five minutes before its click: clocks differ', clickedMs: 5 * MINUTE_MS, stage: 'matched click_id' },
  { name: 'more than five minutes before its click', clickedMs: 5 * MINUTE_MS + 1, stage: 'unmatched before_click' },
  {
    name: 'an edge two hours behind, the sender says when it was: its word counts',
    clickedMs: -HOUR_MS,
    receivedMs: -2 * HOUR_MS,
    eventMs: 0,
    stage: 'matched click_id',
  },
  {
    name: 'an edge two hours behind and nobody says when it was: wrong there alone',
    clickedMs: -HOUR_MS,
    receivedMs: -2 * HOUR_MS,
    stage: 'unmatched before_click',
  },
  { name: 'an edge two hours ahead', clickedMs: -HOUR_MS, receivedMs: 2 * HOUR_MS, stage: 'matched click_id' },
  {
    name: 'a known click wins over ids sent inline',
    clickedMs: 0,
    reading: { gclid: 'g' },
    stage: 'matched click_id',
  },
  {
    name: 'a known click that expired wins over ids sent inline too',
    clickedMs: -31 * DAY_MS,
    reading: { gclid: 'g' },
    stage: 'unmatched click_expired',
  },
  {
    name: 'by another alias of the click',
    clickedMs: 0,
    reading: { click_id: 'alias' },
    stage: 'matched click_id',
  },
  { name: 'ids sent inline beside a click id nobody saw', clickedMs: 0, reading: { click_id: 'x', gclid: 'g' }, stage: 'matched inline' },
  {
    name: 'a cookie beside a click id nobody saw',
    clickedMs: 0,
    reading: { click_id: 'x', fbp: 'fb.1.1.1' },
    stage: 'held click_not_seen',
  },
])('$name: $stage', ({ settings = {}, clickedMs, receivedMs = 0, eventMs, reading, stage }) => {
  const world = createWorkerDouble()
  world.configure('w1', settings)
  for (const id of ['a', 'alias']) world.click(id, { ids: ['a', 'alias'], clicked_at: NOW_MS + clickedMs })
  const event_time = eventMs === undefined ? null : NOW_MS + eventMs
  const id = world.post({ click_id: 'a', event_time, ...reading }, { received_at: NOW_MS + receivedMs })
  expect(world.stages(id)).toEqual([stage])
})

test('a hold runs from the receipt, by the clock that stamped it, and ends on its millisecond', () => {
  const world = createWorkerDouble()
  world.configure('w1', { hold_hours: 0.5 })
  const [late, on] = [world.post({ click_id: 'a' }, { received_at: NOW_MS - HOUR_MS }), world.post({ click_id: 'b' })]
  world.echo()
  world.nowMs = NOW_MS + 30 * MINUTE_MS - 1
  world.sweep()
  expect([world.stages(late), world.stages(on)]).toEqual([['unmatched click_not_seen'], ['held click_not_seen']])
  world.nowMs++
  world.sweep()
  expect(world.stages(on)).toEqual(['held click_not_seen', 'unmatched click_not_seen'])
})

test('received_at stays through every wait', () => {
  const world = createWorkerDouble()
  world.post({ click_id: 'a' }, { received_at: NOW_MS - 5, lane: 'deferred' })
  for (let n = 0; n < 20; n++) {
    world.nowMs += MINUTE_MS
    world.sweep()
  }
  world.click('a', { clicked_at: NOW_MS - 1_000 })
  expect(world.outcomes().map(({ stage, received_at }) => [stage, received_at])).toEqual([
    ['deferred', NOW_MS - 5],
    ['held', NOW_MS - 5],
    ['matched', NOW_MS - 5],
  ])
})
