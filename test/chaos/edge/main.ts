import { startTestStack } from '../../stack.ts'
import { runLong, runOptions } from '../../support/run-options.ts'
import { EDGE_STORM_STACK, edgeStorm } from './storm.ts'

const USAGE = `npm run chaos:edge -- [--postbacks 200000] [--per-second 500] [--seed 1]
  a stack of its own with three brokers and two edge processes; 30 kill -9 of edge processes, 10 of brokers, 5 pauses of a broker for
  20 s and one of all for 60 s, spread over the run, which is never shorter than five minutes; ends 1 when anything
  differs, somebody waited for more than 1.5 s, or more than 0.5 % of the records are there twice`
const LONGEST_MS = 1_500
const REPEATS_SHARE = 0.005
const PLAN = { edgeKills: 30, brokerKills: 10, pauses: 5, pauseMs: 20_000, outages: 1, outageMs: 60_000 } as const

runLong(async (tell) => {
  const number = runOptions(USAGE, { postbacks: '200000', 'per-second': '500' })
  const perSecond = number('per-second')
  tell('starting the stack')
  const running = await startTestStack(EDGE_STORM_STACK)
  try {
    const { differences, figures } = await edgeStorm(
      running,
      { perSecond, ms: (number('postbacks') / perSecond) * 1_000, plan: PLAN, seed: number('seed') },
      tell,
    )
    console.log(JSON.stringify({ differences, figures }, null, 2))
    const isWell = Object.keys(differences).length === 0 && figures.longest_ms <= LONGEST_MS && figures.repeats_share <= REPEATS_SHARE
    return isWell ? 0 : 1
  } finally {
    await running.stop()
  }
})
