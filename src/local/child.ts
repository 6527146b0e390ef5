import { type ChildProcess, execFileSync, type StdioOptions, spawn } from 'node:child_process'
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Fault } from '../events/fault.ts'
import { lastWords } from './last-words.ts'

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
  /** How the child learns that we are gone, were we killed. `pipe`: its standard input ends. `ipc`: its channel closes.
   *  `guard`: it cannot notice by itself, so a shell that waits for our end ends it. */
  readonly tie: 'pipe' | 'ipc' | 'guard'
}

const STOP_WITHIN_MS = 8_000

/** Starts a process; its output goes to `<data>/logs/<name>.log`, its pid to `<data>/pids/<name>`. */
export function startChild(spec: ChildSpec): Child {
  for (const folder of ['logs', 'pids']) mkdirSync(join(spec.dataDir, folder), { recursive: true })
  const logFile = join(spec.dataDir, 'logs', `${spec.name}.log`)
  const log = openSync(logFile, 'a')
  const stdio: StdioOptions = [spec.tie === 'pipe' ? 'pipe' : 'ignore', log, log, ...(spec.tie === 'ipc' ? (['ipc'] as const) : [])]
  // In a group of its own: Ctrl-C reaches us alone, and we end the roles before the broker they stand on.
  const child = spawn(spec.command, [...spec.args], { stdio, cwd: spec.cwd, env: { ...process.env, ...spec.env }, detached: true })
  closeSync(log)
  child.on('error', () => undefined) // told by waitUntil: the process is not there
  const pidFile = join(spec.dataDir, 'pids', spec.name)
  if (child.pid !== undefined) writeFileSync(pidFile, `${child.pid}\n`)
  const guard = spec.tie === 'guard' && child.pid !== undefined ? guardOf(child.pid) : null
  child.once('exit', () => guard?.kill('SIGKILL'))
  return {
    pid: child.pid ?? -1,
    process: child,
    logFile,
    async stop() {
      await end(child)
      // It may be that of the next under this name.
      if (existsSync(pidFile) && Number(readFileSync(pidFile, 'utf8')) === child.pid) rmSync(pidFile)
    },
  }
}

/** Reads until our end of the pipe closes, which the kernel does for us even after kill -9. */
function guardOf(pid: number): ChildProcess {
  const guard = spawn('sh', ['-c', 'cat >/dev/null; kill -TERM "$0"', String(pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  guard.on('error', () => undefined) // without a shell the next start ends what was left
  guard.unref()
  return guard
}

async function end(child: ChildProcess): Promise<void> {
  if (isGone(child)) return
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  child.kill('SIGTERM')
  await Promise.race([gone, sleep(STOP_WITHIN_MS, undefined, { ref: false })])
  if (isGone(child)) return
  child.kill('SIGKILL')
  await gone
}

const isGone = (child: ChildProcess): boolean => child.pid === undefined || child.exitCode !== null || child.signalCode !== null

/** Ends what a stack on this data folder left behind. */
export async function endLeftovers(dataDir: string): Promise<void> {
  const folder = join(dataDir, 'pids')
  if (existsSync(folder)) await Promise.all(readdirSync(folder).map((name) => endLeftover(name, dataDir)))
}

/** A pid may be another's by now: only a process whose command names the folder is ours. */
export async function endLeftover(name: string, dataDir: string): Promise<void> {
  const pidFile = join(dataDir, 'pids', name)
  if (!existsSync(pidFile)) return
  const pid = Number(readFileSync(pidFile, 'utf8'))
  rmSync(pidFile, { force: true })
  if (!names(commandOf(pid), dataDir)) return
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    return // gone in between
  }
  for (let tries = 0; tries < 50 && names(commandOf(pid), dataDir); tries++) await sleep(100)
}

/** The folder itself or something in it; `/data` is not in `/data2`. */
const names = (command: string, folder: string): boolean => `${command} `.replaceAll('\0', ' ').split(folder).slice(1).some(startsAnew)
const startsAnew = (rest: string): boolean => /^[/ ]/.test(rest)

/** The command line of a process, its arguments ended by NUL or space; empty when there is none. */
export function commandOf(pid: number): string {
  if (!Number.isInteger(pid) || pid <= 0) return ''
  try {
    if (existsSync('/proc/self')) return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
    return execFileSync('ps', ['-p', String(pid), '-o', 'args='], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  } catch {
    return ''
  }
}

/** Asks until the answer is yes. Throws `part_down` when the process is gone, or not up within the time; it is ended then. */
export async function waitUntil(what: string, child: Child | null, ask: () => Promise<boolean>, withinMs: number): Promise<void> {
  const giveUpAt = performance.now() + withinMs
  while (!(await ask().catch(() => false))) {
    const gone = child !== null && isGone(child.process)
    if (gone || performance.now() > giveUpAt) {
      const why = gone ? 'ended by itself' : `was not up after ${Math.round(withinMs / 1000)} s`
      if (child !== null) await child.stop()
      const hint = child === null ? '' : ` The last words in ${child.logFile}: ${lastWords(child.logFile)}`
      throw new Fault('part_down', `The ${what} ${why}.${hint}`)
    }
    await sleep(100)
  }
}

export const answers = async (url: string): Promise<boolean> => (await fetch(url, { signal: AbortSignal.timeout(2_000) })).ok
