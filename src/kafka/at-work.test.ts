import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { createAtWork } from './at-work.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as (how?: { type: 'minor' }) => void // as V8 exposes it

const PLACES = 12
const ROUNDS = 300
const BYTES = 100_000

test('what-was-worked-off-goes-with-a-young-collection', async () => {
  const atWork = createAtWork<{ bytes: Buffer }>()
  collect()
  const before = process.memoryUsage().arrayBuffers
  for (let round = 0; round < ROUNDS; round++) {
    const one = async (place: number): Promise<void> => {
      atWork.begin(`postbacks/${place}`, { bytes: Buffer.alloc(BYTES) })
      await new Promise(setImmediate)
      if (place === 5 && round % 3 === 0) collect({ type: 'minor' }) // amid the work, as it comes in life
      atWork.end(`postbacks/${place}`)
    }
    await Promise.all(Array.from({ length: PLACES }, (_, place) => one(place)))
  }
  collect({ type: 'minor' })
  collect({ type: 'minor' })
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(5 * PLACES * BYTES)
})

test('a place is at work from its begin to its end', () => {
  const atWork = createAtWork<number>()
  expect(atWork.has('a')).toBe(false)
  atWork.begin('a', 0)
  atWork.begin('b', 2)
  expect([atWork.has('a'), atWork.all()]).toEqual([true, [0, 2]])
  atWork.end('a')
  expect([atWork.has('a'), atWork.all()]).toEqual([false, [2]])
})
