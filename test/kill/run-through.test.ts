import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, inject, test } from 'vitest'
import type { Stack } from '../../src/local/stack-file.ts'
import { countEverywhere, type Plan, sendClicks, sendPostbacks, settled } from '../support/run-through.ts'
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
    process.kill(pid ?? -1, 'SIGKILL')
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
  const [{ tries }, killed] = await Promise.all([
    sendPostbacks(stack, plan),
    kills ? killAll(file, (plan.postbacks / plan.perSecond) * 1_000) : [],
  ])
  expect(killed.length).toBe(kills ? ROLES.length * KILLS_EACH : 0)

  const held = plan.postbacks - plan.known
  const first = await settled(
    () => countEverywhere(stack, plan),
    ({ api, twins }) => api.matched === plan.known && api.held === held && api.forwarded === plan.known && twins.conversions === plan.known,
    120_000,
  )
  expect(first.api).toMatchObject({ matched: plan.known, held, forwarded: plan.known })
  expect(first.clickhouse).toMatchObject({ matched: plan.known, held, forwarded: plan.known })
  expect(first.twins).toEqual({ conversions: plan.known, distinct: plan.known })

  await sendClicks(stack, plan, plan.known, plan.known + SIZE.late)
  const matched = plan.known + SIZE.late
  const second = await settled(
    () => countEverywhere(stack, plan),
    ({ api, twins }) => api.matched === matched && api.forwarded === matched && twins.conversions === matched,
    120_000,
  )
  expect(second.api).toMatchObject({ matched, held: held - SIZE.late, forwarded: matched })
  expect(second.clickhouse).toMatchObject({ matched, held: held - SIZE.late, forwarded: matched })
  expect(second.twins).toEqual({ conversions: matched, distinct: matched })
  // A try that was answered too late is a resend, and a resend is a duplicate: never more than there were.
  expect(second.api.duplicate).toBeLessThanOrEqual(tries - plan.postbacks)
}

test(
  '10,000 postbacks, 8,000 with a known click: each matched and forwarded once, the others held until their clicks come',
  () => runThrough(false),
  600_000,
)

test('the same numbers come out when every role is killed three times', () => runThrough(true), 900_000)
