import { expect, test } from 'vitest'
import { fileStack } from '../../support/file-stack.ts'
import { SENDERS } from '../senders.ts'
import { trial } from '../trial.ts'

const PER_SECOND = 5
const STOP_MS = 10_000

const running = fileStack()

test('no sender turns us off and each conversion is counted once while the broker is stopped and killed and the edges are restarted and killed', async () => {
  const seed = Number(process.env.SENDERS_SEED ?? Date.now() % 1_000_000)
  const { differences, rows } = await trial(running(), {
    seed,
    perSecond: PER_SECOND,
    stopMs: STOP_MS,
    times: 1,
    squeeze: 2_000,
    tell: (line) => console.log(`${(performance.now() / 1_000).toFixed(1)} s: ${line}`),
  })
  console.table(rows)
  expect(differences, `seed ${seed}: SENDERS_SEED=${seed} npm run test:senders tries it again`).toEqual({})
  // Each was there for both outages, and was answered out of the spool in them.
  expect(rows.filter(({ conversions, spooled }) => conversions > PER_SECOND * 10 && spooled > PER_SECOND * 5)).toHaveLength(SENDERS.length)
})
