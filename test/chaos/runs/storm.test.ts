import { expect, test } from 'vitest'
import { fileStack } from '../../support/file-stack.ts'
import { STORM_STACK, storm } from '../storm.ts'

const SECONDS = 60
const PER_SECOND = 100

const running = fileStack(STORM_STACK)

test('nothing is lost, attributed twice or delivered twice while processes and brokers are killed and stopped and members come and go', async () => {
  const seed = Number(process.env.CHAOS_SEED ?? Date.now() % 1_000_000)
  const result = await storm(
    running(),
    { seed, mark: `s${seed.toString(36)}`, postbacks: SECONDS * PER_SECOND, perSecond: PER_SECOND, workspaces: 50 },
    (line) => console.log(line),
  )
  const { differences, faults, ...figures } = result
  console.log(JSON.stringify(figures))
  expect(differences, `seed ${seed}: CHAOS_SEED=${seed} npm run test:chaos tries it again`).toEqual({})
  expect(faults.length).toBeGreaterThan(10)
})
