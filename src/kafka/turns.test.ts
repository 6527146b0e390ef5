import { expect, test } from 'vitest'
import { createTurns } from './turns.ts'

test('one at a time for a place, places side by side, in the order they came', async () => {
  const turns = createTurns()
  const told: string[] = []
  const gates = { a1: Promise.withResolvers<void>(), a2: Promise.withResolvers<void>(), b1: Promise.withResolvers<void>() }
  const work = (name: keyof typeof gates) => async () => {
    told.push(`${name} begins`)
    await gates[name].promise
    told.push(`${name} ends`)
    return name
  }
  const all = [turns('a', work('a1')), turns('a', work('a2')), turns('b', work('b1'))]
  gates.a2.resolve()
  gates.b1.resolve()
  await all[2]
  expect(told).toEqual(['a1 begins', 'b1 begins', 'b1 ends'])
  gates.a1.resolve()
  expect(await Promise.all(all)).toEqual(['a1', 'a2', 'b1'])
  expect(told.slice(3)).toEqual(['a1 ends', 'a2 begins', 'a2 ends'])
})

test('a failure is its own: the next has its turn', async () => {
  const turns = createTurns()
  const failing = turns('a', async () => {
    throw new Error('no')
  })
  const next = turns('a', async () => 'yes')
  await expect(failing).rejects.toThrow('no')
  expect(await next).toBe('yes')
})
