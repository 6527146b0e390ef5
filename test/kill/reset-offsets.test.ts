import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, inject, test } from 'vitest'
import { committedOffsets, logOffsets } from '../../src/kafka/admin.ts'
import { type KafkaSettings, kafkaClient } from '../../src/kafka/connect.ts'
import type { Stack } from '../../src/local/stack-file.ts'
import { audit } from '../support/audit.ts'
import { countEverywhere, type Plan, sendClicks, sendPostbacks, settled } from '../support/run-through.ts'
import { ownWorkspace } from '../support/workspace.ts'

const client: KafkaSettings = {
  brokers: (inject('stack') as Stack).kafka_brokers.split(','),
  clientId: 'reset-test',
  report: () => undefined,
}

/** Sets the group back while its member is stopped and its session over, then kills the member: its successor starts from there. */
async function resetToEarliest(stackFile: string): Promise<void> {
  const pid = (JSON.parse(readFileSync(stackFile, 'utf8')) as Stack).pids.attribution[0] ?? Number.NaN
  process.kill(pid, 'SIGSTOP')
  const admin = kafkaClient(client).admin()
  await admin.connect()
  try {
    for (let tries = 0; ; tries++) {
      const { groups } = await admin.describeGroups(['attribution'])
      if (groups[0]?.state === 'Empty') break
      if (tries === 60) throw new Error(`the group is ${groups[0]?.state} after a minute`)
      await sleep(1_000)
    }
    await admin.resetOffsets({ groupId: 'attribution', topic: 'postbacks', earliest: true })
  } finally {
    await admin.disconnect()
    process.kill(pid, 'SIGKILL')
  }
}

test('nothing-is-decided-again: offsets set back to the earliest bring all of the past again, and nothing comes of it', async () => {
  const stack = await ownWorkspace(inject('stack') as Stack)
  const plan: Plan = { mark: `o${Date.now().toString(36)}`, postbacks: 600, known: 500, perSecond: 200 }
  await sendClicks(stack, plan, 0, plan.known)
  await sendPostbacks(stack, plan)
  const counts = () => countEverywhere(stack, plan)
  // A try that was answered too late is a resend: how many duplicates there are, the log alone knows.
  const isWorkedOff = ({ api, clickhouse, twins }: Awaited<ReturnType<typeof counts>>): boolean =>
    [api, clickhouse].every(
      (one) => one.forwarded === 500 && one.held === 100 && one.received === one.matched + one.held + one.duplicate,
    ) && twins.conversions === 500
  const before = await settled(counts, isWorkedOff, 120_000)
  expect(before.twins).toEqual({ conversions: 500, distinct: 500 })

  const ends = await logOffsets(client, 'postbacks')
  await resetToEarliest(inject('stackFile'))
  const isThroughAgain = async (): Promise<boolean> => {
    const committed = await committedOffsets(client, 'attribution', 'postbacks')
    return [...ends].every(([partition, { start, end }]) => start === end || (committed.get(partition) ?? -1) >= end)
  }
  expect(await settled(isThroughAgain, (through) => through, 120_000)).toBe(true)
  await sleep(5_000)
  const after = await settled(counts, isWorkedOff, 60_000)
  expect(after).toEqual(before)
  const report = await audit(inject('stackFile'), '--workspaces', stack.workspace.id)
  expect(report.differences).toEqual([])
}, 400_000)
