import { expect, test } from 'vitest'
import { breathe } from './breathe.ts'

const busy = (ms: number): void => {
  for (const untilMs = performance.now() + ms; performance.now() < untilMs; );
}

test('long work lets others have their turn, and little work goes on', async () => {
  let turns = 0
  const count = setInterval(() => turns++, 0)
  await breathe()
  const work = async (): Promise<void> => {
    await breathe()
    busy(6)
  }
  turns = 0
  await Promise.all(Array.from({ length: 10 }, work))
  expect(turns).toBeGreaterThan(5)
  await breathe()
  turns = 0
  for (let i = 0; i < 1_000; i++) await breathe()
  expect(turns).toBeLessThan(5)
  clearInterval(count)
})
