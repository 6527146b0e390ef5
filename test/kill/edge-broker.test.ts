import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, inject, test } from 'vitest'
import type { Stack } from '../../src/local/stack-file.ts'
import { settled } from '../support/run-through.ts'
import { auditSingles, fireSingles, spoolRecords } from '../support/singles.ts'
import { ownWorkspace, sourceOf } from '../support/workspace.ts'

const pidsNow = () => (JSON.parse(readFileSync(inject('stackFile'), 'utf8')) as Stack).pids
/** Whatever a test ends with, its broker goes on for the next one. */
afterEach(() => void process.kill(pidsNow().kafka, 'SIGCONT'))
const gone = (pid: number, role: 'kafka' | 'edge') =>
  settled(
    async () => pidsNow(),
    (pids) => (role === 'kafka' ? pids.kafka : pids.edge[0]) !== pid,
    60_000,
  )

test('K1: the broker is paused, then killed, and the edge is killed with a filled spool, all under load: no 2xx is missing, none is out of order, and nobody waits', async () => {
  const stack = await ownWorkspace(inject('stack') as Stack)
  const mark = `k1${Date.now().toString(36)}`
  const { postback_url } = sourceOf(stack, 'generic')
  const inSpool = () => spoolRecords(stack)
  const load = fireSingles(() => postback_url, { mark, chains: 32, perSecond: 250 })
  await sleep(3_000)

  const { kafka } = pidsNow()
  process.kill(kafka, 'SIGSTOP')
  await sleep(12_000)
  process.kill(kafka, 'SIGCONT')
  await settled(inSpool, (left) => left === 0, 60_000)
  // So far no process of ours was down.
  expect(load.refused).toEqual({})

  process.kill(kafka, 'SIGKILL')
  await gone(kafka, 'kafka')
  await settled(inSpool, (left) => left === 0, 120_000)
  expect(load.refused).toEqual({})

  const broker = pidsNow().kafka
  process.kill(broker, 'SIGSTOP')
  for (let turn = 0; turn < 2; turn++) {
    await sleep(5_000)
    const edge = pidsNow().edge[0] ?? Number.NaN
    process.kill(edge, 'SIGKILL')
    await gone(edge, 'edge')
  }
  await sleep(8_000)
  process.kill(broker, 'SIGCONT')
  await settled(inSpool, (left) => left === 0, 120_000)
  await sleep(3_000)
  await load.stop()
  await settled(inSpool, (left) => left === 0, 60_000)

  const audit = await auditSingles(stack, stack.workspace.id, load, mark)
  const spooled = load.accepted.filter(({ durability }) => durability === 'spool').length
  console.log(
    JSON.stringify({ accepted: load.accepted.length, spooled, refused: load.refused, longest_ms: Math.round(load.longestMs), ...audit }),
  )
  expect(spooled).toBeGreaterThan(2_000)
  expect(Object.keys(load.refused).filter((why) => !/^E|hang up/.test(why))).toEqual([])
  expect(audit).toMatchObject({ missing: 0, outOfOrder: [] })
  expect(audit.repeats).toBeLessThanOrEqual(audit.written * 0.05)
}, 600_000)
