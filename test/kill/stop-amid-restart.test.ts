import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { commandOf } from '../../src/local/child.ts'
import type { Stack } from '../../src/local/stack-file.ts'
import { startTestStack } from '../stack.ts'
import { settled } from '../support/run-through.ts'

const dataDir = mkdtempSync(join(tmpdir(), 'stop-'))
afterAll(() => rmSync(dataDir, { recursive: true, force: true }))

test('stopped-stays-stopped: a broker that is just coming up again has ended when the stack has', async () => {
  const running = await startTestStack({ DATA_DIR: dataDir })
  const { kafka } = (JSON.parse(readFileSync(running.stackFile, 'utf8')) as Stack).pids
  const pidFile = join(dataDir, 'pids', 'kafka')
  const pid = async () => (existsSync(pidFile) ? Number(readFileSync(pidFile, 'utf8')) : -1)
  process.kill(kafka, 'SIGKILL')
  const next = await settled(pid, (now) => now !== kafka && commandOf(now) !== '', 30_000)
  // So far that it would take longer than the stack waits for it.
  process.kill(next, 'SIGSTOP')
  await running.stop()
  expect(commandOf(next)).toBe('')
}, 200_000)
