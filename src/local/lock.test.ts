import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { commandOf } from './child.ts'
import { lock } from './lock.ts'

let dataDir: string
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'lock-'))
})
afterEach(() => rmSync(dataDir, { recursive: true, force: true }))

test('a released folder can be held again', () => {
  lock(dataDir)()
  expect(existsSync(join(dataDir, 'local.pid'))).toBe(false)
  lock(dataDir)()
})

test('a folder that a running stack holds is refused with the remedy', async () => {
  const main = join(dataDir, 'main.ts')
  writeFileSync(main, 'setInterval(() => {}, 1000)')
  const other = spawn(process.execPath, [main, 'local', '--no-rehearsal'], { stdio: 'ignore' })
  while (!commandOf(other.pid ?? 0).includes('main.ts')) await sleep(10)
  writeFileSync(join(dataDir, 'local.pid'), `${other.pid}\n`)
  expect(() => lock(dataDir)).toThrow(`is already running (process ${other.pid}). Stop it, or set DATA_DIR to another folder.`)
  other.kill('SIGKILL')
  while (commandOf(other.pid ?? 0) !== '') await sleep(10)
  lock(dataDir)()
})

test('a pid that is some other process by now holds nothing', () => {
  writeFileSync(join(dataDir, 'local.pid'), String(process.ppid))
  lock(dataDir)()
})
