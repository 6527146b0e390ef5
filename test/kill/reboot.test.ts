import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Stack } from '../../src/local/stack-file.ts'
import { trial } from '../chaos/trial.ts'
import { stackPorts, startTestStack, type TestStack } from '../stack.ts'

let env: Record<string, string>
let running: TestStack
beforeAll(async () => {
  env = { ...(await stackPorts()), DATA_DIR: mkdtempSync(join(tmpdir(), 'reboot-')) }
  running = await startTestStack(env)
})
afterAll(async () => {
  await running?.stop()
  rmSync(env.DATA_DIR ?? '', { recursive: true, force: true })
})

/** Every process of the stack, its supervisor first: nobody may start another again. */
function pull({ pid, stackFile }: TestStack): void {
  const { pids } = JSON.parse(readFileSync(stackFile, 'utf8')) as Stack
  const all = [pid, ...pids.kafka_brokers, pids.registry, pids.clickhouse, ...pids.edge, ...pids.attribution]
  for (const one of [...all, ...Object.values(pids.forward), ...pids.store, ...pids.console]) {
    try {
      process.kill(one, 'SIGKILL')
    } catch {
      // it was tied to the one before it, and is gone
    }
  }
}

test('reboot: every process killed at once under load; the same stack on the same data loses and doubles nothing', {
  timeout: 900_000,
}, async () => {
  // The sender goes on: what it was not answered for it sends again, to the same address.
  const { differences, counts } = await trial({
    stack: running.stack,
    scenario: { seed: 1, mark: `p${Date.now().toString(36)}`, postbacks: 3_000, perSecond: 100, workspaces: 3 },
    askTwins: false,
    async alongside() {
      await sleep(12_000)
      pull(running)
      await sleep(1_000)
      rmSync(running.stackFile, { force: true })
      running = await startTestStack(env)
    },
  })
  console.log(JSON.stringify(counts))
  expect(differences).toEqual({})
  expect(counts.requests_again).toBeGreaterThan(0)
})
