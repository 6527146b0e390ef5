import { expect, test } from 'vitest'
import { ticksOf } from './cpu.ts'
import { median, percentile, ratio, rounded, spread } from './figures.ts'
import { forwardedIn } from './forward.ts'
import { readOptions } from './options.ts'
import { orderOf } from './peers/turns.ts'

test('percentiles are values that were measured', () => {
  const values = Array.from({ length: 100 }, (_, index) => 100 - index)
  expect([percentile(values, 0.5), percentile(values, 0.99), percentile(values, 1), percentile([7], 0.99)]).toEqual([50, 99, 100, 7])
})

test('what was not measured stays null', () => {
  expect([percentile([], 0.5), median([]), spread([1]), ratio(1, null), ratio(null, 1), ratio(1, 0), rounded(null)]).toEqual(
    Array.from({ length: 7 }, () => null),
  )
})

test('median and spread', () => {
  expect([median([3, 1, 2]), median([4, 1, 2, 3]), spread([90, 100, 120])]).toEqual([2, 2.5, 0.3])
})

test('ours is measured before and after every peer', () => {
  expect(orderOf('a', ['b'], 1)).toEqual(['a', 'b', 'a'])
  expect(orderOf('a', ['b', 'c'], 2)).toEqual(['a', 'b', 'a', 'c', 'a', 'b', 'a', 'c', 'a'])
  expect(orderOf('a', [], 5)).toEqual(['a'])
})

test('the name of a process may hold spaces and brackets', () => {
  expect(ticksOf('42 (node (x) y) S 1 42 42 0 -1 4194304 100 0 0 0 250 50 0 0 20 0')).toBe(300)
})

test('only what a platform accepted counts as forwarded', () => {
  const line = (stage: string, count: number) => `postback_deliveries_total{platform="meta",stage="${stage}",why=""} ${count}`
  expect(forwardedIn(['# TYPE postback_deliveries_total counter', line('forwarded', 7), line('confirmed', 3)].join('\n'))).toBe(7)
  expect(() => forwardedIn(line('failed', 1))).toThrow('Not every event')
})

test('options are read or refused in a sentence', () => {
  expect(readOptions(['edge', '--json', '--warm-up', '3'])).toMatchObject({ name: 'edge', json: true, warmUpMs: 3_000, measureMs: 10_000 })
  for (const args of [[], ['nothing'], ['edge', 'store'], ['edge', '--n', 'x'], ['edge', '--seconds', '0'], ['edge', '--wrong']])
    expect(() => readOptions(args)).toThrow('npm run bench')
})
