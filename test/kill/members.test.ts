import { readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, inject, test } from 'vitest'
import type { Stack } from '../../src/local/stack-file.ts'
import { addMember, type Member } from '../chaos/members.ts'
import type { Scenario } from '../chaos/scenario.ts'
import { trial } from '../chaos/trial.ts'
import { settled } from '../support/run-through.ts'

const stack = inject('stack') as Stack
const stackFile = inject('stackFile')
const attributor = (): number => (JSON.parse(readFileSync(stackFile, 'utf8')) as Stack).pids.attribution[0] ?? Number.NaN
const small = (name: string, postbacks: number): Scenario => ({
  seed: 1,
  mark: `${name}${Date.now().toString(36)}`,
  postbacks,
  perSecond: 80,
  workspaces: 3,
})
const SESSION_MS = 10_000
const WITHIN = 600_000

async function joined(ordinal: number): Promise<Member> {
  const member = await addMember(stack, stackFile, ordinal)
  const isReady = async () => (await fetch(`${member.adminUrl}/readyz`)).ok
  expect(await settled(isReady, (ready) => ready, 120_000)).toBe(true)
  return member
}

test('zombie: who was stopped for one and a half session time-outs writes nothing when it goes on, twice', {
  timeout: WITHIN,
}, async () => {
  const other = await joined(1)
  const { differences, counts } = await trial({
    stack,
    scenario: small('z', 4_000),
    async alongside() {
      for (let turn = 0; turn < 2; turn++) {
        await sleep(4_000)
        const pid = attributor()
        process.kill(pid, 'SIGSTOP')
        await sleep(SESSION_MS * 1.5)
        process.kill(pid, 'SIGCONT')
      }
    },
  }).finally(() => other.end())
  console.log(JSON.stringify(counts))
  expect(differences).toEqual({})
})

test('dead transaction: a member that is killed amid its transactions and never comes back holds nothing up', {
  timeout: WITHIN,
}, async () => {
  const other = await joined(2)
  const { differences, counts, seconds } = await trial({
    stack,
    scenario: small('d', 3_000),
    async alongside() {
      await sleep(10_000)
      await other.end()
    },
  }).finally(() => other.end())
  console.log(JSON.stringify({ ...counts, ...seconds }))
  expect(differences).toEqual({})
})

test('a restore that members keep breaking into leaves nothing out and decides nothing twice', { timeout: WITHIN }, async () => {
  const { differences, counts } = await trial({
    stack,
    scenario: small('r', 3_000),
    async alongside() {
      await sleep(10_000)
      const pid = attributor()
      process.kill(pid, 'SIGSTOP') // nobody writes where it is being removed
      rmSync(join(dirname(stackFile), 'state', 'attribution-0'), { recursive: true })
      process.kill(pid, 'SIGKILL')
      for (let turn = 0; turn < 6; turn++) {
        const passing = await addMember(stack, stackFile, 3)
        await sleep(2_000)
        await passing.end()
      }
    },
  })
  console.log(JSON.stringify(counts))
  expect(differences).toEqual({})
})
