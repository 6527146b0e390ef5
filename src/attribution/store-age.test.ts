import { expect, test } from 'vitest'
import { absenceMaxMs, aheadOfLog, type LogEnds } from './store-age.ts'

const DAY_MS = 86_400_000
const configs = (clicks: string | undefined, pending: string) =>
  new Map<string, Record<string, string>>([
    ['clicks', clicks === undefined ? {} : { 'delete.retention.ms': clicks }],
    ['pending', { 'delete.retention.ms': pending }],
  ])

test.each([
  { name: 'as declared', clicks: 7 * DAY_MS, pending: 7 * DAY_MS, maxMs: 3.5 * DAY_MS },
  { name: 'the shorter counts', clicks: 7 * DAY_MS, pending: DAY_MS, maxMs: DAY_MS / 2 },
])('a store may sleep half as long as tombstones stay: $name', ({ clicks, pending, maxMs }) => {
  expect(absenceMaxMs(configs(String(clicks), String(pending)))).toBe(maxMs)
})

test('a topic that does not say how long it keeps tombstones is refused', () => {
  expect(() => absenceMaxMs(configs(undefined, '1'))).toThrow(/clicks/)
})

const logs: LogEnds = new Map([
  [
    'clicks',
    new Map([
      [0, { end: 10 }],
      [1, { end: 0 }],
    ]),
  ],
  ['pending', new Map([[0, { end: 5 }]])],
  ['postbacks', new Map([[0, { end: 7 }]])],
])
const store = (next: Readonly<Record<string, number>>) => ({ next: (topic: string, partition: number) => next[`${topic}/${partition}`] })

test.each([
  { name: 'never read', next: {}, ahead: [] },
  { name: 'behind or at the end', next: { 'clicks/0': 3, 'pending/0': 5, 'postbacks/0': 7 }, ahead: [] },
  { name: 'one past the end', next: { 'clicks/0': 11 }, ahead: ['clicks/0 ends at 10, read up to 11'] },
  {
    name: 'of an empty log',
    next: { 'clicks/1': 1, 'postbacks/0': 9 },
    ahead: ['clicks/1 ends at 0, read up to 1', 'postbacks/0 ends at 7, read up to 9'],
  },
])('a store that was $name', ({ next, ahead }) => expect(aheadOfLog(store(next), logs, [0, 1])).toEqual(ahead))
