import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process'
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Fault } from '../events/fault.ts'

/** A process of ours that is up. */
export type Child = { readonly pid: number; readonly process: ChildProcess; readonly logFile: string; stop(): Promise<void> }

export type ChildSpec = {
  /** Also the name of its log and pid file. */
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  readonly dataDir: string
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly cwd?: string
  /** `pipe`: the child lives as long as our end of its standard input. `ipc`: it hears when we are gone. */
  readonly tie?: 'pipe' | 'ipc'
}

const STOP_WITHIN_MS = 8_000

/** Starts a process; its output goes to `<data>/logs/<name>.log`, its pid to `<data>/pids/<name>`. */
export function startChild(spec: ChildSpec): Child {
  for (const folder of ['logs', 'pids']) mkdirSync(join(spec.dataDir, folder), { recursive: true })
  const logFile = join(spec.dataDir, 'logs', `${spec.name}.log`)
  const log = openSync(logFile, 'a')
  const stdio: StdioOptions = [spec.tie === 'pipe' ? 'pipe' : 'ignore', log, log, ...(spec.tie === 'ipc' ? (['ipc'] as const) : [])]
  const child = spawn(spec.command, [...spec.args], { stdio, cwd: spec.cwd, env: { ...process.env, ...spec.env } })
  closeSync(log)
  child.on('error', () => undefined) // told by waitUntil: the process is not there
  const pidFile = join(spec.dataDir, 'pids', spec.name)
  if (child.pid !== undefined) writeFileSync(pidFile, String(child.pid))
  return {
    pid: child.pid ?? -1,
    process: child,
    logFile,
    async stop() {
      await end(child)
      rmSync(pidFile, { force: true })
    },
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  child.kill('SIGTERM')
  await Promise.race([gone, sleep(STOP_WITHIN_MS, undefined, { ref: false })])
  if (child.exitCode === null && child.signalCode === null) {
    child.kill('SIGKILL')
    await gone
  }
}

/** Ends what a former stack on this data folder left behind: only a process whose command names the folder. */
export async function endLeftover(name: string, dataDir: string): Promise<void> {
  const pidFile = join(dataDir, 'pids', name)
  if (!existsSync(pidFile)) return
  const pid = Number(readFileSync(pidFile, 'utf8'))
  rmSync(pidFile, { force: true })
  if (!commandOf(pid).includes(dataDir)) return
  process.kill(pid, 'SIGKILL')
  for (let tries = 0; tries < 50 && commandOf(pid) !== ''; tries++) await sleep(100)
}

export function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}

/** Asks until the answer is yes. Throws `part_down` when the process is gone, or not up within the time. */
export async function waitUntil(what: string, child: Child | null, ask: () => Promise<boolean>, withinMs: number): Promise<void> {
  const giveUpAt = performance.now() + withinMs
  while (!(await ask().catch(() => false))) {
    const gone = child !== null && (child.pid === -1 || child.process.exitCode !== null || child.process.signalCode !== null)
    if (gone || performance.now() > giveUpAt) {
      const why = gone ? 'ended by itself' : `was not up after ${Math.round(withinMs / 1000)} s`
      const hint = child === null ? '' : ` Its last words are in ${child.logFile}: ${lastLine(child.logFile)}`
      throw new Fault('part_down', `The ${what} ${why}.${hint}`)
    }
    await sleep(100)
  }
}

export function lastLine(file: string): string {
  try {
    return readFileSync(file, 'utf8').trimEnd().split('\n').at(-1)?.slice(0, 300) ?? ''
  } catch {
    return ''
  }
}

export const answers = async (url: string): Promise<boolean> => (await fetch(url, { signal: AbortSignal.timeout(2_000) })).ok
