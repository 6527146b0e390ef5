import { startTestStack } from '../stack.ts'
import { runLong, runOptions } from '../support/run-options.ts'
import type { Scenario } from './scenario.ts'
import { STORM_STACK, storm } from './storm.ts'

const USAGE = `npm run chaos -- [--minutes 30] [--postbacks 1000000] [--workspaces 50] [--seed 1]
  a stack of its own with three brokers and three attributors; postbacks are spread over the minutes`

function readScenario(): Scenario {
  const number = runOptions(USAGE, { minutes: '30', postbacks: '1000000', workspaces: '50' })
  const postbacks = number('postbacks')
  const seed = number('seed')
  return {
    seed,
    mark: `s${seed.toString(36)}${Date.now().toString(36)}`,
    postbacks,
    perSecond: postbacks / (number('minutes') * 60),
    workspaces: number('workspaces'),
  }
}

runLong(async (tell) => {
  const scenario = readScenario()
  tell('starting the stack')
  const running = await startTestStack(STORM_STACK)
  try {
    const { faults, ...result } = await storm(running, scenario, tell)
    for (const { atS, victim, kind, forMs } of faults)
      console.log(`  ${String(atS).padStart(5)} s  ${kind} ${victim}${forMs > 0 ? ` for ${forMs} ms` : ''}`)
    console.log(JSON.stringify(result, null, 2))
    return Object.keys(result.differences).length === 0 ? 0 : 1
  } finally {
    await running.stop()
  }
})
