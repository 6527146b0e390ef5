import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, inject, test } from 'vitest'
import type { Stack } from '../../src/local/stack-file.ts'
import { settled } from '../support/run-through.ts'
import { auditSingles, fireSingles, spoolRecords } from '../support/singles.ts'
import { ownWorkspace, sourceOf } from '../support/workspace.ts'

const kafkaPid = () => (JSON.parse(readFileSync(inject('stackFile'), 'utf8')) as Stack).pids.kafka

/** No file of the broker grows by more than this until its process is another: it gets EFBIG where a full disk gives ENOSPC. */
const ROOM_BYTES = 100_000
function fillDiskOf(pid: number): void {
  const logs = join(dirname(inject('stackFile')), 'kafka', 'log')
  const sizes = readdirSync(logs, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.log'))
    .map((name) => statSync(join(logs, name)).size)
  execFileSync('prlimit', ['--pid', String(pid), `--fsize=${Math.max(...sizes) + ROOM_BYTES}`])
}

test('F6: the disk of the broker is full, and it ends: no sender notices, and what was accepted is there once it has room again', async () => {
  const stack = await ownWorkspace(inject('stack') as Stack)
  const mark = `f6${Date.now().toString(36)}`
  const { postback_url } = sourceOf(stack, 'generic')
  const spooled = () => spoolRecords(stack)
  const load = fireSingles(() => postback_url, { mark, chains: 32, perSecond: 250 })
  await sleep(2_000)
  const pid = kafkaPid()
  fillDiskOf(pid)
  const next = await settled(
    async () => kafkaPid(),
    (now) => now !== pid,
    120_000,
  )
  expect(next).not.toBe(pid)
  await settled(spooled, (left) => left === 0, 120_000)
  await sleep(3_000)
  await load.stop()
  await settled(spooled, (left) => left === 0, 60_000)

  const audit = await auditSingles(stack, stack.workspace.id, load, mark)
  const log = readFileSync(join(dirname(inject('stackFile')), 'logs', 'kafka.log'), 'utf8')
  console.log(JSON.stringify({ accepted: load.accepted.length, refused: load.refused, longest_ms: Math.round(load.longestMs), ...audit }))
  expect(log).toContain('File too large')
  expect(load.refused).toEqual({})
  expect(load.accepted.filter(({ durability }) => durability === 'spool').length).toBeGreaterThan(500)
  expect(audit).toMatchObject({ missing: 0, outOfOrder: [] })
  expect(audit.repeats).toBeLessThanOrEqual(audit.written * 0.05)
}, 400_000)
