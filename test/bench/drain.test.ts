import { expect, test } from 'vitest'
import { measured, type Sample } from './drain.ts'

const at = (atMs: number, done: number, us: number, units?: number): Sample => ({
  atMs,
  done,
  cpuUs: { own: us },
  ...(units === undefined ? {} : { units }),
})

test('what came before the warm-up does not count', () => {
  const samples = [at(0, 0, 0), at(1_000, 10, 5_000), at(2_000, 30, 6_000), at(4_000, 110, 10_000)]
  expect(measured(samples, 20)).toEqual({ units: 80, seconds: 2, perSecond: 40, cpuUsPerUnit: { own: 50 } })
})

test('units count where they are told', () => {
  expect(measured([at(0, 10, 0, 40), at(1_000, 20, 100, 90)], 5)).toMatchObject({ units: 50, perSecond: 50, cpuUsPerUnit: { own: 2 } })
})

test('a backlog that was gone at the first look gives no figure', () => {
  expect(() => measured([at(0, 0, 0), at(1_000, 100, 5_000)], 20)).toThrow('larger --n')
  expect(() => measured([], 20)).toThrow()
})
