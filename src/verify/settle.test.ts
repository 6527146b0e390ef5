import { expect, test } from 'vitest'
import { type Positions, settle } from './settle.ts'

const group = { id: 'g', topics: ['t'] }

/** A log of ten records, and a group that is one further each time it is asked. */
function moving(from: number, end = 10): Positions & { asked(): number } {
  let position = from
  let asked = 0
  return {
    asked: () => asked,
    async committed() {
      asked++
      return new Map([[0, position++]])
    },
    log: async () => new Map([[0, { start: 0, end }]]),
  }
}

test('a group that comes to the end is waited for', async () => {
  const positions = moving(8)
  expect(await settle(positions, [group], 60_000)).toEqual([])
  expect(positions.asked()).toBe(3)
})

test('the end is that of the moment its turn came: traffic that goes on is not waited for', async () => {
  let end = 10
  const positions = moving(8)
  const log = async () => new Map([[0, { start: 0, end: end++ }]])
  expect(await settle({ ...positions, log }, [group], 60_000)).toEqual([])
})

test('a group that does not come to the end is told with what is left', async () => {
  expect(await settle(moving(4), [group], 0)).toEqual([{ group: 'g', place: 't/0', records: 6 }])
})

test('a group that never committed owes the whole log, but not what is no longer in it', async () => {
  const positions: Positions = { committed: async () => new Map(), log: async () => new Map([[0, { start: 7, end: 10 }]]) }
  expect(await settle(positions, [group], 0)).toEqual([{ group: 'g', place: 't/0', records: 3 }])
})
