import { expect, test } from 'vitest'
import { createMetrics } from './metrics.ts'

test('what is counted is told once, by its labels, however often it is collected', async () => {
  const { registry, count } = createMetrics()
  count('seen_total', { kind: 'a', why: '' })
  count('seen_total', { kind: 'a', why: '' }, 4)
  count('seen_total', { kind: '', why: 'a' })
  count('alone_total')
  count('rare_total', { kind: 'a' }, 0)
  await registry.metrics()
  count('seen_total', { kind: 'a', why: '' })
  const told = await registry.metrics()
  expect(told.split('\n').filter((line) => line !== '' && !line.startsWith('#'))).toEqual([
    'postback_seen_total{kind="a",why=""} 6',
    'postback_seen_total{kind="",why="a"} 1',
    'postback_alone_total 1',
    'postback_rare_total{kind="a"} 0',
  ])
})
