import { expect, test } from 'vitest'
import { clickIdOf, numberOf, postbackBody, type Scenario, shots, transactionOf, zipf } from './scenario.ts'

const scenario: Scenario = { seed: 7, mark: 'x1', postbacks: 20_000, perSecond: 100, workspaces: 50 }
const all = Array.from({ length: scenario.postbacks }, (_, n) => shots(scenario)(n))
const share = (fits: (shot: (typeof all)[number]) => boolean): number => all.filter(fits).length / all.length

test('5 % come before their click, 2 % twice, 1 % have none', () => {
  expect(share(({ clickMs, postbackMs }) => clickMs !== null && clickMs > postbackMs)).toBeCloseTo(0.05, 2)
  expect(share(({ resendMs }) => resendMs !== null)).toBeCloseTo(0.02, 2)
  expect(share(({ clickMs }) => clickMs === null)).toBeCloseTo(0.01, 2)
})

test('workspaces are met by 1/rank, every one of them', () => {
  const [first = 0, second = 0] = zipf(50)
  expect(share(({ workspace }) => workspace === 0)).toBeCloseTo(first, 1)
  expect(share(({ workspace }) => workspace === 1)).toBeCloseTo(second - first, 1)
  expect(new Set(all.map(({ workspace }) => workspace)).size).toBe(50)
})

test('a seed sends the same again, another seed something else', () => {
  expect(shots(scenario)(17)).toEqual(shots({ ...scenario })(17))
  expect(all.map(({ workspace }) => workspace)).not.toEqual(all.map(({ n }) => shots({ ...scenario, seed: 8 })(n).workspace))
})

test('a transaction gives its number back, and only that of its own run', () => {
  expect(numberOf(scenario, transactionOf(scenario, 12))).toBe(12)
  expect(numberOf({ ...scenario, mark: 'x' }, transactionOf(scenario, 12))).toBeNull()
  expect(numberOf(scenario, clickIdOf(scenario, 12))).toBeNull()
  expect(numberOf(scenario, null)).toBeNull()
})

test('a postback has 300 bytes', () => expect(JSON.stringify(postbackBody(scenario, 3))).toHaveLength(300))
