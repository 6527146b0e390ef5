import { expect, test } from 'vitest'
import { fileStack } from '../../support/file-stack.ts'
import { EDGE_STORM_STACK, edgeStorm } from '../edge/storm.ts'

/** The full size is `npm run chaos:edge`. */
const PLAN = { edgeKills: 4, brokerKills: 2, pauses: 1, pauseMs: 8_000, outages: 1, outageMs: 6_000 }
const MS = 50_000
const PER_SECOND = 150

const running = fileStack(EDGE_STORM_STACK)

test('K1: edge processes and brokers are killed and paused, and no 2xx is missing anywhere', async () => {
  const seed = Number(process.env.CHAOS_SEED ?? Date.now() % 1_000_000)
  const { differences, figures } = await edgeStorm(running(), { perSecond: PER_SECOND, ms: MS, plan: PLAN, seed }, (line) =>
    console.log(line),
  )
  console.log(JSON.stringify(figures))
  expect(differences, `seed ${seed}: CHAOS_SEED=${seed} npm run test:chaos tries it again`).toEqual({})
  expect(figures.spooled).toBeGreaterThan(100)
})
