import { expect, test } from 'vitest'
import { createWorkerDouble, NOW_MS } from './worker-double.ts'

const HOUR_MS = 3_600_000

test('above the cap of a workspace the next is unmatched at once, and another workspace is held', () => {
  const world = createWorkerDouble({ heldMax: 3 })
  world.configure('w2')
  const ids = ['a', 'b', 'c', 'd'].map((click_id) => world.post({ click_id }))
  expect(ids.map((id) => world.stages(id))).toEqual([
    ['held click_not_seen'],
    ['held click_not_seen'],
    ['held click_not_seen'],
    ['unmatched hold_full'],
  ])
  expect(world.stages(world.post({ click_id: 'd' }, { workspace_id: 'w2' }))).toEqual(['held click_not_seen'])
  world.echo()
  world.restart()
  expect(world.stages(world.post({ click_id: 'e' }))).toEqual(['unmatched hold_full'])
  world.click('a')
  expect(world.stages(world.post({ click_id: 'f' }))).toEqual(['held click_not_seen'])
})

test('what is held already is counted once, whatever moves its deadline', () => {
  const world = createWorkerDouble({ heldMax: 1 })
  const id = world.post({ click_id: 'a' })
  world.echo()
  world.configure('w1', { hold_hours: 1 })
  world.sweep()
  world.configure('w1', { hold_hours: 2 })
  world.sweep()
  world.echo()
  expect(world.store.waiters(0)).toEqual(new Map([['w1', { held: 1, deferred: 0 }]]))
  expect(world.stages(id)).toEqual(['held click_not_seen'])
})

test.each([
  { name: 'shortened', from: 72, to: 1, afterHours: 2, stage: 'unmatched click_not_seen' },
  { name: 'prolonged', from: 1, to: 72, afterHours: 2, stage: undefined },
])('a hold that is $name counts for what is held already, on its way to the log or not', ({ from, to, afterHours, stage }) => {
  const world = createWorkerDouble()
  world.configure('w1', { hold_hours: from })
  const ids = Array.from({ length: 7 }, (_, n) => world.post({ click_id: `c${n}` }))
  world.echo()
  ids.push(world.post({ click_id: 'fresh' }))
  world.configure('w1', { hold_hours: to })
  for (let n = 0; n < 5; n++) world.sweep(2)
  world.echo()
  world.nowMs = NOW_MS + afterHours * HOUR_MS
  for (let n = 0; n < 5; n++) world.sweep(2)
  for (const id of ids) expect(world.stages(id)).toEqual(['held click_not_seen', ...(stage === undefined ? [] : [stage])])
})

test('a workspace that becomes known decides what waited for it, without waiting for the clock', () => {
  const world = createWorkerDouble()
  const id = world.post({ click_id: null, gclid: 'g' }, { workspace_id: 'w9' })
  world.configure('w9')
  world.sweep()
  expect(world.stages(id)).toEqual(['held click_not_seen', 'matched inline'])
})

test('a click in another spelling gives those that wait their reason, once, and matches none', () => {
  const world = createWorkerDouble()
  const ids = ['abc', ' abc', 'ABC'].map((click_id) => world.post({ click_id }))
  world.echo()
  ids.push(world.post({ click_id: 'aBc' }))
  world.click('Abc')
  world.click('Abc')
  for (const id of ids) expect(world.stages(id)).toEqual(['held click_not_seen', 'held case_differs'])
  expect(world.outcomes().at(-1)).toMatchObject({ nearest_click_id: 'Abc' })
  world.echo()
  world.nowMs += 73 * HOUR_MS
  world.sweep()
  expect(world.stages(ids[0])).toEqual(['held click_not_seen', 'held case_differs', 'unmatched case_differs'])
})

test('settled-while-its-tombstone-is-on-its-way: what is decided is not decided again from the table', () => {
  const world = createWorkerDouble()
  const id = world.post({ click_id: 'a' })
  world.echo()
  const stored = world.store.heldAfter(0, '', 10)
  world.click('a')
  world.settle(stored)
  expect(world.stages(id)).toEqual(['held click_not_seen', 'matched click_id'])
})

test('a click that comes after the deadline changes nothing, and a resend is a duplicate', () => {
  const world = createWorkerDouble()
  const id = world.post({ click_id: 'a' })
  world.nowMs += 73 * HOUR_MS
  world.echo()
  world.sweep()
  world.echo()
  world.click('a')
  expect(world.stages(id)).toEqual(['held click_not_seen', 'unmatched click_not_seen'])
  expect(world.stages(world.post({ click_id: 'a' }))).toEqual(['duplicate'])
})

test('a late click rejoins after any number of restarts', () => {
  const world = createWorkerDouble()
  const id = world.post({ click_id: 'a' })
  world.echo()
  for (let n = 0; n < 3; n++) {
    world.restart()
    world.sweep()
  }
  world.click('a')
  expect(world.stages(id)).toEqual(['held click_not_seen', 'matched click_id'])
})
