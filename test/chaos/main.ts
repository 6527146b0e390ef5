import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'
import { startTestStack } from '../stack.ts'
import type { Scenario } from './scenario.ts'
import { STORM_STACK, storm } from './storm.ts'

const USAGE = `npm run chaos -- [--minutes 30] [--postbacks 1000000] [--workspaces 50] [--seed 1]
  a stack of its own with three brokers and three attributors; postbacks are spread over the minutes`

function readScenario(): Scenario {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '30' },
      postbacks: { type: 'string', default: '1000000' },
      workspaces: { type: 'string', default: '50' },
      seed: { type: 'string', default: String(randomInt(1_000_000)) },
    },
  })
  const number = (name: keyof typeof values): number => {
    const value = Number(values[name])
    if (!Number.isFinite(value) || value < 0 || (name !== 'seed' && value === 0)) throw new Error(`--${name} takes a number.\n${USAGE}`)
    return value
  }
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

async function main(): Promise<number> {
  const scenario = readScenario()
  const started = performance.now()
  const tell = (line: string): void => console.log(`[${((performance.now() - started) / 1_000).toFixed(0).padStart(5)} s] ${line}`)
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
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error)
    process.exit(1)
  },
)
