import { spawn } from 'node:child_process'
import { beforeAll, expect, inject, test } from 'vitest'
import type { Stack } from '../../src/local/stack-file.ts'
import type { Report } from '../../src/verify/verify.ts'
import { countInApi, type Plan, sendClicks, sendPostbacks, settled } from '../support/run-through.ts'
import { ownWorkspace } from '../support/workspace.ts'

const plan: Plan = { mark: `v${Date.now().toString(36)}`, postbacks: 60, known: 40, perSecond: 200 }
let stack: Stack

beforeAll(async () => {
  stack = await ownWorkspace(inject('stack') as Stack)
  await sendClicks(stack, plan, 0, plan.known)
  await sendPostbacks(stack, plan)
  await settled(
    () => countInApi(stack),
    ({ matched, held, forwarded }) => matched === 40 && held === 20 && forwarded === 40,
    60_000,
  )
})

/** The command as an operator runs it. */
async function audit(...args: string[]): Promise<{ code: number | null; report: Report; text: string; said: string }> {
  const child = spawn(process.execPath, ['src/main.ts', 'verify', '--stack', inject('stackFile'), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let [text, said] = ['', '']
  child.stdout.on('data', (chunk) => (text += chunk))
  child.stderr.on('data', (chunk) => (said += chunk))
  const code = await new Promise<number | null>((done) => child.once('close', done))
  return { code, text, said, report: args.includes('--json') ? (JSON.parse(text) as Report) : (null as never) }
}

test('everything agrees after a run, and the counts are those of the run', async () => {
  const { code, report, said } = await audit('--workspaces', stack.workspace.id, '--json')
  expect({ said, code, differences: report?.differences }).toEqual({ said: '', code: 0, differences: [] })
  expect(report.counts).toMatchObject({ postbacks: 60, 'outcomes: matched': 40, 'clickhouse: forwarded': 40, 'clickhouse: held': 20 })
})
