import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, inject, test } from 'vitest'
import type { Stack } from '../../src/local/stack-file.ts'
import { trial } from '../chaos/trial.ts'
import { settled } from '../support/run-through.ts'

const stack = inject('stack') as Stack
const pidsNow = (): Stack['pids'] => (JSON.parse(readFileSync(inject('stackFile'), 'utf8')) as Stack).pids

test('a registry that does not answer stops nobody who runs; an attributor that starts meanwhile says what it waits for, and goes on', async () => {
  const { registry, edge, store } = pidsNow()
  const readyz = `${stack.admin_urls.attribution?.[0]}/readyz`
  const { differences, counts } = await trial({
    stack,
    scenario: { seed: 1, mark: `g${Date.now().toString(36)}`, postbacks: 2_000, perSecond: 80, workspaces: 2 },
    async alongside() {
      await sleep(5_000)
      process.kill(registry, 'SIGSTOP')
      try {
        process.kill(pidsNow().attribution[0] ?? Number.NaN, 'SIGKILL')
        const said = await settled(
          async () => ({ status: (await fetch(readyz)).status, text: await (await fetch(readyz)).text() }),
          ({ status, text }) => status === 503 && text.includes('registry'),
          60_000,
        )
        expect(said).toMatchObject({ status: 503, text: expect.stringContaining('schema registry') })
      } finally {
        process.kill(registry, 'SIGCONT')
      }
    },
  })
  console.log(JSON.stringify(counts))
  expect(differences).toEqual({})
  // Whoever ran when it went away has not noticed.
  expect(pidsNow()).toMatchObject({ registry, edge, store })
}, 400_000)
