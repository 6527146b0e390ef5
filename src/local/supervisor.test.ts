import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { commandOf } from './child.ts'
import { createSupervisor, type Supervisor } from './supervisor.ts'

let dataDir: string
let supervisor: Supervisor
let changes: number[][]
const said: string[] = []
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'supervisor-'))
  const entry = join(dataDir, 'main.js')
  writeFileSync(entry, `console.log(process.argv[2], process.env.ORDINAL); setInterval(() => {}, 1000)`)
  changes = []
  supervisor = createSupervisor({
    dataDir,
    entry,
    progress: (line) => said.push(line),
    onChange: () => changes.push(supervisor.pids('edge')),
  })
})
afterEach(async () => {
  await supervisor.stop()
  rmSync(dataDir, { recursive: true, force: true })
})

const until = async (yes: () => boolean): Promise<void> => {
  while (!yes()) await sleep(10)
}
const spec = (role: string, ordinal: number) => ({ role, ordinal, args: [role], env: { ORDINAL: String(ordinal) } })
const logOf = (role: string, ordinal: number): string => readFileSync(supervisor.logFile(role, ordinal), 'utf8')

test('a killed process starts again under its ordinal, and its new pid is told', async () => {
  await supervisor.start([spec('edge', 0), spec('edge', 1)])
  await until(() => logOf('edge', 1) === 'edge 1\n')
  const [first, second] = supervisor.pids('edge')
  process.kill(second ?? 0, 'SIGKILL')
  await until(() => logOf('edge', 1) === 'edge 1\nedge 1\n')
  const now = supervisor.pids('edge')
  expect(now[0]).toBe(first)
  expect(now[1]).not.toBe(second)
  expect(changes.at(-1)).toEqual(now)
  expect(said.at(-1)).toBe('edge-1 was ended by SIGKILL, starting it again')
})

test('what is stopped stays stopped', async () => {
  await supervisor.start([spec('store', 0)])
  await until(() => logOf('store', 0) === 'store 0\n')
  const [pid] = supervisor.pids('store')
  await supervisor.stop()
  expect(commandOf(pid ?? 0)).toBe('')
  await sleep(500)
  expect(logOf('store', 0)).toBe('store 0\n')
})
