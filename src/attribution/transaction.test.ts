import { expect, test } from 'vitest'
import type { Postback, Reading } from '../events/postback.ts'
import { createWorkerDouble } from './worker-double.ts'

const DAY_MS = 86_400_000
type World = ReturnType<typeof createWorkerDouble>
const backend = (world: World, reading: Partial<Reading>, given: Partial<Postback> = {}) =>
  world.post({ click_id: null, transaction_id: 't1', ...reading }, { source_kind: 'backend', ...given })
const sold = (world = createWorkerDouble()) => {
  world.click('a', { campaign_id: 'k1' })
  backend(world, { click_id: 'a' })
  world.echo()
  return world
}

test('a matched postback of a backend writes its click under the transaction, with what was accepted', () => {
  const world = sold()
  expect(world.written.filter(({ topic }) => topic === 'clicks')).toMatchObject([
    {
      key: 'w1:tx:t1',
      value: { click_id: 'a', campaign_id: 'k1', transaction_id: 't1', accepted: [{ event: 'Purchase', conversion_status: 'approved' }] },
    },
  ])
})

test.each<{ name: string; reading: Partial<Reading>; given?: Partial<Postback> }>([
  { name: 'a tracker', reading: { click_id: 'a' }, given: { source_kind: 'tracker' } },
  { name: 'one without a transaction', reading: { click_id: 'a', transaction_id: null } },
  { name: 'one matched by ids sent inline', reading: { gclid: 'g' } },
])('$name writes none', ({ reading, given }) => {
  const world = createWorkerDouble()
  world.click('a')
  expect(world.stages(backend(world, reading, given))).toHaveLength(1)
  expect(world.written.filter(({ topic }) => topic === 'clicks')).toEqual([])
})

test('a refund that names its transaction alone is met by it, weeks after the window of the click, and once', () => {
  const world = sold()
  world.nowMs += 60 * DAY_MS
  const refund = backend(world, { conversion_status: 'refund' })
  expect(world.stages(refund)).toEqual(['matched transaction_id'])
  expect(world.outcomes().at(-1)).toMatchObject({ campaign_id: 'k1', click: { click_id: 'a' } })
  expect(world.outcomes().at(-1)?.click).not.toHaveProperty('accepted')
  world.echo()
  world.nowMs += 8 * DAY_MS
  expect(world.stages(backend(world, { conversion_status: 'refund' }))).toEqual(['duplicate'])
})

test('a refund that comes before its sale waits for it as for a click, and past its deadline says what it lacks', () => {
  const world = createWorkerDouble()
  const refund = backend(world, { conversion_status: 'refund' })
  const lost = backend(world, { transaction_id: 't2' })
  world.echo()
  sold(world)
  expect(world.stages(refund)).toEqual(['held no_click_id', 'matched transaction_id'])
  world.nowMs += 4 * DAY_MS
  world.sweep()
  expect(world.stages(lost)).toEqual(['held no_click_id', 'unmatched no_click_id'])
})

test('a pair that was accepted is a duplicate, before and after its record has come back', () => {
  const world = sold()
  expect(world.stages(backend(world, {}))).toEqual(['duplicate'])
  const pair = { conversion_status: 'chargeback', event_id_given: true }
  const ids = [backend(world, { ...pair, event_id: 'x' }), backend(world, { ...pair, event_id: 'y' })]
  world.echo()
  ids.push(backend(world, { ...pair, event_id: 'z' }))
  expect(ids.map((id) => world.stages(id)[0])).toEqual(['matched transaction_id', 'duplicate', 'duplicate'])
})

test('two that wait for one sale and say the same are one', () => {
  const world = createWorkerDouble()
  const pair = { conversion_status: 'refund', event_id_given: true }
  const ids = [backend(world, { ...pair, event_id: 'x' }), backend(world, { ...pair, event_id: 'y' })]
  sold(world)
  expect(ids.map((id) => world.stages(id)[1])).toEqual(['matched transaction_id', 'duplicate'])
})

test.each([
  { policy: 'every', again: 'matched transaction_id', refund: 'matched transaction_id' },
  { policy: 'by_transaction', again: 'duplicate', refund: 'duplicate' },
] as const)('under $policy a pair that is listed is $again, a new status $refund', ({ policy, again, refund }) => {
  const world = createWorkerDouble()
  world.configure('w1', {}, [{ id: 's1', dedupe: { '*': policy } }])
  sold(world)
  expect([world.stages(backend(world, {})), world.stages(backend(world, { conversion_status: 'refund' }))]).toEqual([[again], [refund]])
})

test('a transaction keeps the click it was first matched with', () => {
  const world = sold()
  world.click('b', { campaign_id: 'k2' })
  backend(world, { click_id: 'b', conversion_status: 'rebill' })
  world.echo()
  backend(world, { conversion_status: 'refund' })
  expect(world.outcomes().at(-1)).toMatchObject({ matched_by: 'transaction_id', campaign_id: 'k1' })
})

test('a tracker that names a transaction alone is told what it lacks, at once', () => {
  const world = sold()
  expect(world.stages(backend(world, { conversion_status: 'refund' }, { source_kind: 'tracker' }))).toEqual(['unmatched no_click_id'])
})

test('transactions are spelled byte for byte, and one that is named like a click is none', () => {
  const world = sold()
  const ids = ['T1', 't1 ', 'a'].map((transaction_id) => backend(world, { transaction_id }))
  expect(ids.map((id) => world.stages(id))).toEqual([['held no_click_id'], ['held no_click_id'], ['held no_click_id']])
})
