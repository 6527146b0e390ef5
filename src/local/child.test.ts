import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Child, commandOf, endLeftovers, startChild, waitUntil } from './child.ts'

let dataDir: string
const started: Child[] = []
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'child-'))
})
afterEach(async () => {
  await Promise.all(started.splice(0).map((child) => child.stop()))
  rmSync(dataDir, { recursive: true, force: true })
})

const run = (script: string, tie: 'pipe' | 'ipc' | 'guard' = 'guard'): Child => {
  const child = startChild({ name: 'dummy', command: process.execPath, args: ['-e', script, dataDir], dataDir, tie })
  started.push(child)
  return child
}
const STAYS = 'setInterval(() => {}, 1000)'
const until = async (yes: () => boolean): Promise<void> => {
  while (!yes()) await sleep(10)
}

test('a child has its log and its pid in files, and stopping takes the pid away', async () => {
  const child = run(`console.log('hello'); console.error('world'); ${STAYS}`)
  await until(() => existsSync(child.logFile) && readFileSync(child.logFile, 'utf8') === 'hello\nworld\n')
  expect(Number(readFileSync(join(dataDir, 'pids', 'dummy'), 'utf8'))).toBe(child.pid)
  await child.stop()
  expect(commandOf(child.pid)).toBe('')
  expect(existsSync(join(dataDir, 'pids', 'dummy'))).toBe(false)
})

test('a child that ends by itself is told at once, with its last words', async () => {
  const child = run(`console.error('no disk left'); process.exit(3)`)
  await expect(waitUntil('thing', child, async () => false, 60_000)).rejects.toMatchObject({
    code: 'part_down',
    message: expect.stringMatching(/^The thing ended by itself\. The last words in .*dummy\.log: no disk left$/),
  })
})

test('a child that is not up in time is told, and ended', async () => {
  const child = run(STAYS)
  await expect(waitUntil('thing', child, async () => false, 10)).rejects.toThrow(/^The thing was not up after 0 s\./)
  expect(commandOf(child.pid)).toBe('')
})

test('a command that is not there is told, not thrown', async () => {
  const child = startChild({ name: 'none', command: join(dataDir, 'nothing-here'), args: [], dataDir, tie: 'guard' })
  await expect(waitUntil('thing', child, async () => false, 60_000)).rejects.toThrow(/ended by itself/)
})

test('what a former stack left behind is ended; a process that took its pid since is not', async () => {
  const left = run(STAYS)
  const stranger = spawn(process.execPath, ['-e', STAYS, `${dataDir}2`], { stdio: 'ignore' })
  await until(() => commandOf(stranger.pid ?? 0).includes(dataDir) && commandOf(left.pid).includes(dataDir))
  mkdirSync(join(dataDir, 'pids'), { recursive: true })
  writeFileSync(join(dataDir, 'pids', 'stranger'), String(stranger.pid))
  writeFileSync(join(dataDir, 'pids', 'nonsense'), 'x')
  await endLeftovers(dataDir)
  await until(() => left.process.signalCode === 'SIGKILL')
  expect(stranger.signalCode).toBeNull()
  expect(commandOf(stranger.pid ?? 0)).toContain(dataDir)
  stranger.kill('SIGKILL')
})

test.each(['pipe', 'ipc', 'guard'] as const)('when the parent is killed -9, a child tied by %s ends', async (tie) => {
  const childScript = {
    pipe: 'process.stdin.resume().on("end", () => process.exit())',
    ipc: 'process.on("disconnect", () => process.exit())',
    guard: '',
  }[tie]
  const parent = spawn(
    process.execPath,
    [
      '--input-type=module',
      '-e',
      `import { startChild } from ${JSON.stringify(join(import.meta.dirname, 'child.ts'))}
       startChild({ name: 'dummy', command: process.execPath, args: ['-e', ${JSON.stringify(`${childScript}; ${STAYS}; console.log("up")`)}, ${JSON.stringify(dataDir)}], dataDir: ${JSON.stringify(dataDir)}, tie: ${JSON.stringify(tie)} })
       ${STAYS}`,
    ],
    { stdio: 'ignore' },
  )
  const log = join(dataDir, 'logs', 'dummy.log')
  await until(() => existsSync(log) && readFileSync(log, 'utf8') === 'up\n')
  const pid = Number(readFileSync(join(dataDir, 'pids', 'dummy'), 'utf8'))
  expect(commandOf(pid)).toContain(dataDir)
  parent.kill('SIGKILL')
  await until(() => commandOf(pid) === '')
})
