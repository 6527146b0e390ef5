import { startTestStack } from '../stack.ts'
import { runLong, runOptions } from '../support/run-options.ts'
import { type Options, trial } from './trial.ts'

const USAGE = `npm run senders -- [--minutes 10] [--broker-stop 60] [--per-second 6] [--squeeze 2000] [--seed 1]
  eight senders, each by its own rules, against two edges of a stack of their own; the broker is stopped for so many seconds, then
  killed and kept away as long, and the edges are restarted and killed, over and over for about so many minutes;
  the senders' own pauses are squeezed so many times`

/** What a round takes beside the broker's two outages: calm before and after, and what was kept to be sent. */
const ROUND_BESIDE_S = 45

function readOptions(tell: Options['tell']): Options {
  const number = runOptions(USAGE, { minutes: '10', 'broker-stop': '60', 'per-second': '6', squeeze: '2000' })
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

runLong(async (tell) => {
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
})
