import { expect, test } from 'vitest'
import { createEnding } from './ending.ts'

test('what started last ends first, each once, also when asked twice', async () => {
  const ended: string[] = []
  const ending = createEnding()
  for (const name of ['broker', 'roles', 'traffic']) ending.add(async () => ended.push(name))
  expect(ending.begun).toBe(false)
  const [first, second] = [ending.run(), ending.run()]
  expect(ending.begun).toBe(true)
  await Promise.all([first, second])
  expect(ended).toEqual(['traffic', 'roles', 'broker'])
})
