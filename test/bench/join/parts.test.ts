import { expect, test } from 'vitest'
import { memoryIn } from '../memory.ts'
import { zipf } from '../zipf.ts'
import { brokerUsOf, eventsPerSecond, ownUsOf } from './event.ts'
import { createLateClicks } from './late-clicks.ts'
import { sumOf } from './own.ts'
import { growth } from './soak.ts'

const drained = (perSecond: number, own: number, kafka: number) => ({ units: 1, seconds: 1, perSecond, cpuUsPerUnit: { own, kafka } })

test('an event is a click loaded and a postback joined', () => {
  const parts = { clicks: drained(30, 10, 1), postbacks: drained(15, 25, 5) }
  expect([ownUsOf(parts), brokerUsOf(parts), eventsPerSecond(parts)]).toEqual([35, 6, 10])
})

test('a click that comes late comes behind its postback', () => {
  const click = (partition: number, after: number) => ({
    partition,
    after,
    record: { topic: 'clicks', partition, key: `${partition}/${after}`, value: null },
  })
  const bases: [number, number][] = [
    [0, 100],
    [1, 7],
  ]
  const late = createLateClicks([click(0, 2), click(1, 0), click(0, 5)], new Map(bases))
  const due = (...committed: [number, number][]) => late.due(new Map(committed)).map(({ record }) => record.key)
  expect(due([0, 102], [1, -1])).toEqual([]) // the postback with number 2 is the third
  expect(due([0, 103], [1, 8])).toEqual(['0/2', '1/0'])
  expect(due([0, 103], [1, 8])).toEqual([])
  expect(due([0, 106])).toEqual(['0/5'])
})

test('ranks follow Zipf, and the same number gives the same rank', () => {
  const rankOf = zipf(50)
  const counts = Array.from({ length: 50 }, () => 0)
  for (let n = 0; n < 100_000; n++) counts[rankOf(n)] = (counts[rankOf(n)] ?? 0) + 1
  const share = (rank: number) => (counts[rank] ?? 0) / 100_000
  expect(share(0)).toBeCloseTo(0.2223, 2)
  expect(share(9) / share(0)).toBeCloseTo(0.1, 1)
  expect(counts.every((count) => count > 0)).toBe(true)
  expect(zipf(1)(12_345)).toBe(0)
})

test('samples of a metric are added up by what their labels say', () => {
  const page = [
    '# TYPE a_total counter',
    'a_total{stage="matched",why=""} 3',
    'a_total{stage="held",why="x"} 5',
    'a_total_b{stage="matched"} 7',
  ].join('\n')
  expect(sumOf(page, 'a_total', 'stage="matched"')).toBe(3)
  expect(sumOf(page, 'a_total', 'stage=')).toBe(8)
  expect(sumOf('', 'a_total', '')).toBe(0)
})

test('memory is read from what the kernel says', () => {
  expect(memoryIn('Name:\tnode\nVmRSS:\t  2048 kB\nRssAnon:\t  1024 kB\nRssFile:\t 1024 kB\n')).toEqual({
    rss: 2_097_152,
    rssAnon: 1_048_576,
  })
  expect(() => memoryIn('Name:\tkthreadd\n')).toThrow('VmRSS')
})

test('growth is what memory gains a minute once the start is over', () => {
  const at = (minute: number, mib: number) => ({ atMs: minute * 60_000, rss: 0, rssAnon: mib * 1_048_576 })
  expect(growth([at(0, 10), at(1, 200), at(2, 200), at(3, 202), at(4, 204), at(5, 206)])).toBeCloseTo(2)
  expect(growth([at(0, 10), at(1, 100), at(2, 100), at(3, 100)])).toBeCloseTo(0)
  expect(growth([at(0, 10)])).toBeNull()
})
