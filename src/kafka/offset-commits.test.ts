import { expect, test } from 'vitest'
import { createOffsetCommits } from './offset-commits.ts'

const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1))
}

function commits() {
  const told: string[] = []
  const world = { failing: false, generation: 1, told }
  const offsets = createOffsetCommits({
    async send(topic, partition, offset) {
      if (world.failing) throw new Error('The group is rebalancing')
      told.push(`${topic}/${partition} ${offset}`)
    },
    generation: () => world.generation,
    report: () => undefined,
    againMs: 1,
  })
  return { world, offsets }
}

test('a-quiet-partition-does-not-stand-behind: an offset that could not be committed is tried again', async () => {
  const { world, offsets } = commits()
  world.failing = true
  await offsets.commit('t', 0, 5)
  world.failing = false
  await until(() => world.told.length > 0)
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect(world.told).toEqual(['t/0 5'])
  offsets.stop()
})

test('a committed offset never goes back: what a newer one covers is not tried again', async () => {
  const { world, offsets } = commits()
  world.failing = true
  const old = offsets.commit('t', 0, 5)
  await old
  world.failing = false
  await offsets.commit('t', 0, 9)
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect(world.told.at(-1)).toBe('t/0 9')
  expect(world.told.indexOf('t/0 5')).toBeLessThan(world.told.indexOf('t/0 9'))
  offsets.stop()
})

test('nothing of a generation that is over is committed', async () => {
  const { world, offsets } = commits()
  world.failing = true
  await offsets.commit('t', 0, 5)
  world.generation++
  world.failing = false
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect(world.told).toEqual([])
  offsets.stop()
})

test('what another member may have by now is left alone: an offset is committed in the generation it was asked for, or not at all', async () => {
  const { world, offsets } = commits()
  const [first, second] = [offsets.commit('t', 0, 5), offsets.commit('t', 0, 9)]
  world.generation = 2
  await Promise.all([first, second])
  expect(world.told).toEqual([])
  await offsets.commit('t', 0, 7)
  expect(world.told).toEqual(['t/0 7'])
  offsets.stop()
})
