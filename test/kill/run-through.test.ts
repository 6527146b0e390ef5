import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, inject, test } from 'vitest'
import type { Stack } from '../../src/local/stack-file.ts'
import { audit } from '../support/audit.ts'
import { countInApi, type Plan, sendClicks, sendPostbacks, settled } from '../support/run-through.ts'
import { ownWorkspace } from '../support/workspace.ts'

const ROLES = ['edge', 'attribution', 'store', 'console', 'forward.meta', 'forward.google', 'forward.tiktok'] as const
const KILLS_EACH = 3
const SIZE = { postbacks: 10_000, known: 8_000, late: 1_000, perSecond: 500 }

/** Kills every role `KILLS_EACH` times with -9, in a random order at random moments of the time given. */
async function killAll(file: string, spanMs: number): Promise<string[]> {
  const left = ROLES.flatMap((role) => Array.from({ length: KILLS_EACH }, () => role))
    .map((role) => ({ role, at: Math.random() * spanMs }))
    .sort((a, b) => a.at - b.at)
  const killed: string[] = []
  const started = performance.now()
  for (const { role, at } of left) {
    await sleep(Math.max(0, at - (performance.now() - started)))
    // A role that is just starting again gets a moment: the kill must hit a living process.
    killed.push(
      await settled(
        async () => kill(file, role),
        (name) => name !== '',
        20_000,
      ),
    )
  }
  return killed.filter((name) => name !== '')
}

function kill(file: string, role: (typeof ROLES)[number]): string {
  const { pids } = JSON.parse(readFileSync(file, 'utf8')) as Stack
  const pid = role.startsWith('forward.') ? pids.forward[role.slice(8) as keyof Stack['pids']['forward']] : pids[role as 'edge'][0]
  try {
    process.kill(pid ?? Number.NaN, 'SIGKILL')
    return role
  } catch {
    return ''
  }
}

async function runThrough(kills: boolean): Promise<void> {
  const stack = await ownWorkspace(inject('stack') as Stack)
  const file = inject('stackFile')
  const plan: Plan = { mark: `${kills ? 'k' : 'q'}${Date.now().toString(36)}`, ...SIZE }
  await sendClicks(stack, plan, 0, plan.known)
  const [{ tries, replies }, killed] = await Promise.all([
    sendPostbacks(stack, plan),
    kills ? killAll(file, (plan.postbacks / plan.perSecond) * 1_000) : [],
  ])
  expect(killed.length).toBe(kills ? ROLES.length * KILLS_EACH : 0)

  const held = plan.postbacks - plan.known
  const counts = () => countInApi(stack)
  const first = await settled(counts, (now) => now.matched === plan.known && now.held === held && now.forwarded === plan.known, 120_000)
  expect(first).toMatchObject({ matched: plan.known, held, forwarded: plan.known })

  await sendClicks(stack, plan, plan.known, plan.known + SIZE.late)
  const matched = plan.known + SIZE.late
  const second = await settled(counts, (now) => now.matched === matched && now.forwarded === matched, 120_000)
  expect(second).toMatchObject({ matched, held: held - SIZE.late, forwarded: matched })
  // A try that was answered too late is a resend, and a resend is a duplicate: never more than there were.
  expect(second.duplicate).toBeLessThanOrEqual(tries - plan.postbacks)

  const accepted = join(dirname(file), `accepted-${plan.mark}`)
  writeFileSync(accepted, replies.join('\n'))
  const report = await audit(file, '--workspaces', stack.workspace.id, '--accepted', accepted)
  expect(report.differences).toEqual([])
  expect(report.counts).toMatchObject({ accepted: plan.postbacks, 'outcomes: matched': matched, 'clickhouse: forwarded': matched })
  expect(['meta', 'google', 'tiktok'].reduce((sum, name) => sum + (report.counts[`twins: ${name}`] ?? 0), 0)).toBe(matched)
}

test(
  '10,000 postbacks, 8,000 with a known click: each matched and forwarded once, the others held until their clicks come',
  () => runThrough(false),
  600_000,
)

test('the same numbers come out, and no id is missing, when every role is killed three times', () => runThrough(true), 900_000)
