import { expect, test } from 'vitest'
import { createWorkerDouble, NOW_MS } from './worker-double.ts'

const MINUTE_MS = 60_000
/** 600 a minute over 10 partitions: one a second. */
const paced = () => {
  const world = createWorkerDouble({ partitions: 10 })
  world.configure('w1', { rate_limit_per_min: 600 })
  world.configure('w2', { rate_limit_per_min: 600 })
  return world
}
type World = ReturnType<typeof paced>
const defer = (world: World, transaction_id: string, workspace_id = 'w1') =>
  world.post({ click_id: null, gclid: 'g', transaction_id }, { lane: 'deferred', workspace_id })
const released = (world: World, workspaceId = 'w1') =>
  world
    .outcomes()
    .flatMap(({ stage, workspace_id, transaction_id }) => (stage === 'matched' && workspace_id === workspaceId ? [transaction_id] : []))
const numbered = (count: number) => Array.from({ length: count }, (_, n) => `t${n}`)
/** Sweeps as the shell does; what is written comes back in between. */
const pass = (world: World, ms: number) => {
  for (const until = world.nowMs + ms; world.nowMs < until; ) {
    world.nowMs += 500
    world.sweep()
    world.echo()
  }
}

test('what the limit deferred is told as deferred, and released in its order at its share of the limit', () => {
  const world = paced()
  for (const tx of numbered(20)) defer(world, tx)
  expect(world.stages()).toEqual(numbered(20).map(() => 'deferred'))
  world.sweep()
  expect(released(world)).toEqual([])
  pass(world, 5_000)
  expect(released(world)).toEqual(numbered(5))
  pass(world, MINUTE_MS)
  expect(released(world)).toEqual(numbered(20))
  expect(world.store.waiters(0)).toEqual(new Map())
})

test('what comes behind a deferred one waits its turn, and what comes when all are out does not', () => {
  const world = paced()
  defer(world, 'first')
  const behind = world.post({ click_id: null, gclid: 'g', transaction_id: 'first', conversion_status: 'refund' })
  const other = world.post({ click_id: null, gclid: 'g', transaction_id: 'a' }, { workspace_id: 'w2' })
  expect([world.stages(behind), world.stages(other)]).toEqual([['deferred'], ['matched inline']])
  pass(world, 3_000)
  expect(released(world)).toEqual(['first', 'first'])
  expect(world.stages(world.post({ click_id: null, gclid: 'g', transaction_id: 'later' }))).toEqual(['matched inline'])
})

test('a resend of a deferred one is a duplicate when it is seen, not when its turn comes', () => {
  const world = paced()
  defer(world, 't')
  expect(world.stages(defer(world, 't'))).toEqual(['duplicate'])
})

test('the queue of one workspace keeps no other one waiting', () => {
  const world = paced()
  for (const tx of numbered(1_000)) defer(world, tx)
  for (const tx of numbered(3)) defer(world, tx, 'w2')
  pass(world, 3_000)
  expect([released(world).length, released(world, 'w2').length]).toEqual([3, 3])
})

test('more permitted than fits into one sweep is shared out evenly', () => {
  const world = createWorkerDouble()
  for (const id of ['w1', 'w2', 'w3']) world.configure(id, { rate_limit_per_min: 60_000 })
  for (const id of ['w1', 'w2', 'w3']) for (const tx of numbered(20)) defer(world, tx, id)
  world.nowMs += 1_000
  world.sweep(9)
  expect(['w1', 'w2', 'w3'].map((id) => released(world, id).length)).toEqual([3, 3, 3])
  world.sweep(1)
  world.sweep(1)
  expect(['w1', 'w2', 'w3'].map((id) => released(world, id).length)).toEqual([4, 4, 3])
})

test('a changed limit counts at once', () => {
  const world = paced()
  for (const tx of numbered(100)) defer(world, tx)
  pass(world, 2_000)
  world.configure('w1', { rate_limit_per_min: 6_000 })
  pass(world, 2_000)
  expect(released(world)).toEqual(numbered(22))
})

test.each([{ echoed: true }, { echoed: false }])(
  'a restart keeps the queue and its order, and grants no more than it would (echoed: $echoed)',
  ({ echoed }) => {
    const world = paced()
    for (const tx of numbered(20)) defer(world, tx)
    world.echo()
    pass(world, 4_000)
    if (!echoed) world.nowMs += 500
    world.restart()
    pass(world, 4_000)
    const all = released(world)
    expect(all).toEqual(numbered(all.length))
    expect(all.length).toBeLessThanOrEqual(8 + 10)
  },
)

test('however small the limit, the turn of each comes', () => {
  const world = createWorkerDouble({ partitions: 12 })
  world.configure('w1', { rate_limit_per_min: 1 })
  for (const tx of numbered(2)) defer(world, tx)
  world.echo()
  pass(world, 13 * MINUTE_MS)
  expect(released(world)).toEqual(['t0'])
  world.restart()
  pass(world, 13 * MINUTE_MS)
  expect(released(world)).toEqual(['t0', 't1'])
})

test('a clock that is set back releases nothing twice and stops nothing for good', () => {
  const world = paced()
  for (const tx of numbered(5)) defer(world, tx)
  pass(world, 2_000)
  world.nowMs = NOW_MS - 60_000
  pass(world, 10_000)
  expect(released(world)).toEqual(numbered(5))
})

test('a released postback is attributed as any: it is held, and rejoins', () => {
  const world = paced()
  const id = world.post({ click_id: 'a' }, { lane: 'deferred' })
  pass(world, 2_000)
  world.click('a')
  expect(world.stages(id)).toEqual(['deferred', 'held click_not_seen', 'matched click_id'])
})

test('a click that comes while its postback is deferred does not release it', () => {
  const world = paced()
  const id = world.post({ click_id: 'a' }, { lane: 'deferred' })
  world.echo()
  world.click('a')
  expect(world.stages(id)).toEqual(['deferred'])
  pass(world, 2_000)
  expect(world.stages(id)).toEqual(['deferred', 'matched click_id'])
})

test('what cannot be read as a conversion waits for no turn', () => {
  const world = paced()
  expect(world.stages(world.post({}, { lane: 'deferred', quarantined: 'no_event' }))).toEqual(['quarantined no_event'])
})
