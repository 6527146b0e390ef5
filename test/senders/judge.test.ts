import { expect, test } from 'vitest'
import type { Conversion, Result } from './definition.ts'
import { type Heard, judge, type Kept } from './judge.ts'
import { adjust, chartboost } from './mobile.ts'
import type { Attempt } from './sender.ts'
import { createStanding } from './standing.ts'
import { everflow } from './trackers.ts'

const conversion: Conversion = { n: 0, clickId: 'c0', transactionId: 't0', value: '4.20', atMs: 0 }
const kept = (...stages: string[]): Kept => ({ clickId: 'c0', event: 'Purchase', value: '4.2', currency: 'USD', stages })
const taken = (id: string): Result => ({ kind: 'answered', status: 200, body: JSON.stringify({ postback_id: id, durability: 'kafka' }) })
const broken: Result = { kind: 'broken', why: 'ECONNRESET' }
const late: Result = { kind: 'late' }
const unavailable: Result = { kind: 'answered', status: 503, body: '{}' }

/** One conversion of Adjust, whose attempts each took from 100 to 200 ms. */
function told(...results: Result[]): Heard {
  const standing = createStanding(adjust)
  for (const result of results) standing.attempted(result)
  const attempts = results.map((result): Attempt => ({ fromMs: 100, toMs: 200, result }))
  const last = results.at(-1)
  const isDelivered = last?.kind === 'answered' && last.status === 200
  return { definition: adjust, standing, told: [{ conversion, attempts, isDelivered }], replays: 0 }
}

test.each([
  { name: 'taken and counted', results: [taken('p0')], postbacks: { p0: kept('matched') }, wrong: [] },
  { name: 'held, then matched', results: [taken('p0')], postbacks: { p0: kept('held', 'matched') }, wrong: [] },
  {
    name: 'taken twice, counted once',
    results: [late, taken('p1')],
    postbacks: { p0: kept('matched'), p1: kept('duplicate') },
    wrong: [],
  },
  { name: 'late, but kept', results: [late], postbacks: { p0: kept('matched') }, wrong: [] },
  { name: 'cut by a kill before it was kept', results: [broken], postbacks: {}, killMs: 150, wrong: [] },
  { name: 'cut, and nobody was killed', results: [broken], postbacks: {}, wrong: ['broken, and nobody was killed', 'lost'] },
  { name: 'cut long after a kill', results: [broken], postbacks: {}, killMs: -1_000, wrong: ['broken, and nobody was killed', 'lost'] },
  {
    name: 'cut by a kill, and kept without a decision',
    results: [broken],
    postbacks: { p0: kept() },
    killMs: 150,
    wrong: ['lost'],
  },
  {
    name: 'taken and in no topic',
    results: [taken('p0')],
    postbacks: {},
    killMs: 150,
    wrong: ['answered 2xx and not in postbacks', 'lost'],
  },
  {
    name: 'counted twice',
    results: [late, taken('p1')],
    postbacks: { p0: kept('matched'), p1: kept('matched') },
    wrong: ['counted twice'],
  },
  { name: 'late and nowhere', results: [late], postbacks: {}, wrong: ['lost'] },
  { name: 'handed to a process that was killed, and not heard of again', results: [late], postbacks: {}, killMs: 150, wrong: [] },
  {
    name: '503, then taken',
    results: [unavailable, taken('p1')],
    postbacks: { p1: kept('matched') },
    wrong: ['answered otherwise than 2xx with a receipt'],
  },
  {
    name: 'failed every time',
    results: [unavailable, late],
    postbacks: {},
    wrong: ['answered otherwise than 2xx with a receipt', 'lost'],
  },
  {
    name: 'read otherwise',
    results: [taken('p0')],
    postbacks: { p0: { ...kept('matched'), value: '420' } },
    wrong: ['read otherwise'],
  },
  {
    name: 'a postback of nobody',
    results: [taken('p0')],
    postbacks: { p0: kept('matched'), p9: { ...kept('held'), clickId: 'c9' } },
    wrong: ['of no sender'],
  },
])('$name', ({ results, postbacks, killMs, wrong }) => {
  const { differences } = judge([told(...results)], new Map(Object.entries(postbacks)), killMs === undefined ? [] : [killMs])
  expect(Object.keys(differences).sort()).toEqual(wrong)
})

test('Everflow turns an address off at the tenth failure in a row, and one success forgives all before it', () => {
  const standing = createStanding(everflow)
  for (let n = 0; n < 9; n++) standing.attempted(n % 2 === 0 ? broken : unavailable)
  standing.attempted(taken('p'))
  for (let n = 0; n < 9; n++) standing.attempted(late)
  expect([standing.isOff, standing.longestRun, standing.failures]).toEqual([false, 9, 18])
  standing.attempted(late)
  expect(standing.isOff).toBe(true)
  expect(Object.keys(judge([{ definition: everflow, standing, told: [], replays: 0 }], new Map(), []).differences)).toEqual([
    'turned us off',
  ])
})

test('Chartboost turns an address off once all three attempts at one conversion have failed, and holds a redirect for a success', () => {
  const standing = createStanding(chartboost)
  for (const result of [unavailable, late, taken('p')]) standing.attempted(result)
  standing.ended(true)
  expect(standing.isOff).toBe(false)
  standing.ended(false)
  expect(standing.isOff).toBe(true)
  expect([200, 204, 302, 303, 404].map(chartboost.isSuccess)).toEqual([true, true, true, false, false])
})

test('how often each tries again, and after what', async () => {
  const { SENDERS } = await import('./senders.ts')
  const results: Record<string, Result> = { late, broken, 503: unavailable, 404: { kind: 'answered', status: 404, body: '' } }
  const rules = SENDERS.map(({ id, againAfterMs, isTriedAgain }) => {
    const after = Object.keys(results).filter((name) => isTriedAgain(results[name] ?? late))
    return [id, againAfterMs.length, after.sort().join(' ')]
  })
  expect(rules).toEqual([
    ['keitaro', 0, ''],
    ['voluum', 0, ''],
    ['redtrack', 0, ''],
    ['branch', 1, 'late'],
    ['everflow', 0, ''],
    ['adjust', 6, '503 broken late'],
    ['appsflyer', 4, '503 late'],
    ['chartboost', 2, '404 503 broken late'],
  ])
})
