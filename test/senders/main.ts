import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'
import { startTestStack } from '../stack.ts'
import { type Options, trial } from './trial.ts'

const USAGE = `npm run senders -- [--minutes 10] [--broker-stop 60] [--per-second 6] [--squeeze 2000] [--seed 1]
  eight senders, each by its own rules, against two edges of a stack of their own; the broker is stopped for so many seconds, then
  killed and kept away as long, and the edges are restarted and killed, over and over for about so many minutes;
  the senders' own pauses are squeezed so many times`

/** What a round takes beside the broker's two outages: calm before and after, and what was kept to be sent. */
const ROUND_BESIDE_S = 45

function readOptions(tell: Options['tell']): Options {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '10' },
      'broker-stop': { type: 'string', default: '60' },
      'per-second': { type: 'string', default: '6' },
      squeeze: { type: 'string', default: '2000' },
      seed: { type: 'string', default: String(randomInt(1_000_000)) },
    },
  })
  const number = (name: keyof typeof values): number => {
    const value = Number(values[name])
    if (!Number.isFinite(value) || value < 0 || (name !== 'seed' && value === 0)) throw new Error(`--${name} takes a number.\n${USAGE}`)
    return value
  }
  const stopS = number('broker-stop')
  return {
    seed: number('seed'),
    perSecond: number('per-second'),
    stopMs: stopS * 1_000,
    times: Math.max(1, Math.round((number('minutes') * 60) / (2 * stopS + ROUND_BESIDE_S))),
    squeeze: number('squeeze'),
    tell,
  }
}

async function main(): Promise<number> {
  const started = performance.now()
  const tell = (line: string): void => console.log(`[${((performance.now() - started) / 1_000).toFixed(0).padStart(5)} s] ${line}`)
  const options = readOptions(tell)
  tell('starting the stack')
  const running = await startTestStack()
  try {
    const { differences, rows } = await trial(running, options)
    console.table(rows)
    console.log(JSON.stringify(differences, null, 2))
    return Object.keys(differences).length === 0 ? 0 : 1
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
