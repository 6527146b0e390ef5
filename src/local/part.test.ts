import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Fault } from '../events/fault.ts'
import { commandOf, startChild } from './child.ts'
import { keepUp, type LocalPart, type Part } from './part.ts'

let dataDir: string
let part: Part | undefined
const said: string[] = []
const say = (line: string): void => void said.push(line)
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'part-'))
  said.length = 0
})
afterEach(async () => {
  await part?.stop()
  part = undefined
  rmSync(dataDir, { recursive: true, force: true })
})

async function dummy(): Promise<LocalPart> {
  const child = startChild({ name: 'dummy', command: process.execPath, args: ['-e', 'setInterval(() => {}, 1000)'], dataDir, tie: 'guard' })
  return { address: 'here', pid: child.pid, child, stop: () => child.stop() }
}
const until = async (yes: () => boolean): Promise<void> => {
  while (!yes()) await sleep(10)
}

test('a part that is killed comes back, also when the first try fails, and its new pid is told', async () => {
  let starts = 0
  const start = async () => {
    if (++starts === 2) throw new Fault('part_down', 'not yet')
    return dummy()
  }
  const told: number[] = []
  part = await keepUp('Thing', start, say, () => told.push(part?.pid ?? 0))
  const first = part.pid
  process.kill(first, 'SIGKILL')
  await until(() => told.length === 1)
  expect(told).toEqual([part.pid])
  expect(part.pid).not.toBe(first)
  expect(commandOf(part.pid)).not.toBe('')
  expect(said).toEqual(['Thing ended (SIGKILL), starting it again', 'not yet', 'Thing is up again at here'])
})

test('stopped-stays-stopped: a part that is stopped before it was started again is not started again', async () => {
  const start = vi.fn(dummy)
  part = await keepUp('Thing', start, say, () => undefined)
  process.kill(part.pid, 'SIGKILL')
  await until(() => said.length > 0)
  await part.stop()
  expect([start.mock.calls.length, said]).toEqual([1, ['Thing ended (SIGKILL), starting it again']])
})

test('a part that is stopped stays stopped', async () => {
  const start = vi.fn(dummy)
  part = await keepUp('Thing', start, say, () => undefined)
  const { pid } = part
  await part.stop()
  expect(commandOf(pid)).toBe('')
  await sleep(700)
  expect([start.mock.calls.length, said]).toEqual([1, []])
})
