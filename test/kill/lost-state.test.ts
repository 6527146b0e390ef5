import { readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, inject, test } from 'vitest'
import type { Stack } from '../../src/local/stack-file.ts'
import { countInApi, type Plan, sendClicks, sendPostbacks, settled } from '../support/run-through.ts'
import { ownWorkspace } from '../support/workspace.ts'

test('attribution that lost its state folder rebuilds it: late clicks still match, resends are still duplicates', {
  timeout: 300_000,
}, async () => {
  const stack = await ownWorkspace(inject('stack') as Stack)
  const file = inject('stackFile')
  const plan: Plan = { mark: `s${Date.now().toString(36)}`, postbacks: 300, known: 200, perSecond: 300 }
  await sendClicks(stack, plan, 0, plan.known)
  await sendPostbacks(stack, plan)
  const counts = () => countInApi(stack)
  expect(await settled(counts, ({ matched, held }) => matched === 200 && held === 100, 60_000)).toMatchObject({ matched: 200, held: 100 })

  const { pids } = JSON.parse(readFileSync(file, 'utf8')) as Stack
  const pid = pids.attribution[0] ?? Number.NaN
  process.kill(pid, 'SIGSTOP') // nobody writes where it is being removed
  rmSync(join(dirname(file), 'state', 'attribution-0'), { recursive: true })
  process.kill(pid, 'SIGKILL')

  await sendClicks(stack, plan, 200, 250)
  await sendPostbacks(stack, plan)
  const after = await settled(counts, (all) => all.matched === 250 && all.forwarded === 250 && all.duplicate >= 300, 120_000)
  expect(after).toMatchObject({ matched: 250, held: 50, forwarded: 250 })
  expect(after.duplicate).toBeGreaterThanOrEqual(300)
})
