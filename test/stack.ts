import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { TestProject } from 'vitest/node'
import { tail } from '../src/local/last-words.ts'
import type { Stack } from '../src/local/stack-file.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** What stack.json said when the stack was ready; pids change when a process is killed. */
    stack: Stack
    stackFile: string
  }
}

export type TestStack = { readonly stack: Stack; readonly stackFile: string; readonly pid: number; stop(): Promise<void> }

const PROJECT = join(import.meta.dirname, '..')
/** The first start on a machine downloads the jars of the broker. */
const UP_WITHIN_MS = 300_000
const STOP_WITHIN_MS = 30_000
const LOG_SHOWN_BYTES = 4_000
/** Below the ports a system gives to outgoing connections: one of those must not sit on the port of a role that is just
 *  starting again. */
const FIRST_PORT = 20_000
const LAST_PORT = 32_000
const PORT_VARIABLES = [
  'EDGE_PORT',
  'CONSOLE_PORT',
  'KAFKA_PORT',
  'KAFKA_CONTROLLER_PORT',
  'REGISTRY_PORT',
  'CLICKHOUSE_HTTP_PORT',
  'CLICKHOUSE_TCP_PORT',
  'TWIN_META_PORT',
  'TWIN_GOOGLE_PORT',
  'TWIN_TIKTOK_PORT',
] as const
const ADMIN_PORTS = 24
/** Of the second and third broker, each with its controller. */
const BROKER_PORTS = 4

/** The stack of `npm start -- --no-rehearsal` with a data folder and ports of its own. Throws with the end of its log when it
 *  does not come up. `env` goes before what is chosen here;
 *  a DATA_DIR that it names stays when the stack is stopped. */
export async function startTestStack(env: Readonly<Record<string, string>> = {}): Promise<TestStack> {
  const dataDir = env.DATA_DIR ?? mkdtempSync(join(tmpdir(), 'postback-'))
  const logFile = join(dataDir, 'local.log')
  const log = openSync(logFile, 'a')
  const local = spawn(process.execPath, [join(PROJECT, 'src', 'main.ts'), 'local', '--no-rehearsal'], {
    cwd: PROJECT,
    // The channel tells it when this process is gone, however it went.
    stdio: ['ignore', log, log, 'ipc'],
    env: { ...process.env, ...(await stackPorts()), DATA_DIR: dataDir, ...env },
  })
  closeSync(log)
  const stop = async () => {
    await end(local)
    if (env.DATA_DIR === undefined) rmSync(dataDir, { recursive: true, force: true })
  }
  const stackFile = join(dataDir, 'stack.json')
  const giveUpAt = performance.now() + UP_WITHIN_MS
  while (!existsSync(stackFile)) {
    if (isGone(local) || performance.now() > giveUpAt) {
      const said = tail(logFile, LOG_SHOWN_BYTES)
      await stop()
      throw new Error(`The test stack did not come up. The end of its log:\n${said}`)
    }
    await sleep(100)
  }
  return { stack: JSON.parse(readFileSync(stackFile, 'utf8')) as Stack, stackFile, pid: local.pid ?? Number.NaN, stop }
}

/** A port of its own for everything a stack listens on, by the variable that sets it. */
export async function stackPorts(): Promise<Record<string, string>> {
  const base = await freeBlock(PORT_VARIABLES.length + BROKER_PORTS + ADMIN_PORTS)
  const named = PORT_VARIABLES.map((variable, index) => [variable, String(base + index)] as const)
  return {
    ...Object.fromEntries(named),
    KAFKA_MORE_PORTS_BASE: String(base + PORT_VARIABLES.length),
    ADMIN_PORT_BASE: String(base + PORT_VARIABLES.length + BROKER_PORTS),
  }
}

/** One stack for all tests of a project; a test owns a workspace in it, never a topic, a group or the broker. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const running = await startTestStack()
  project.provide('stack', running.stack)
  project.provide('stackFile', running.stackFile)
  return () => running.stop()
}

const isGone = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null

async function end(child: ChildProcess): Promise<void> {
  if (isGone(child)) return
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  child.kill('SIGTERM')
  await Promise.race([gone, sleep(STOP_WITHIN_MS, undefined, { ref: false })])
  if (isGone(child)) return
  child.kill('SIGKILL')
  await gone
}

/** The first of so many ports in a row that were free a moment ago. */
export async function freeBlock(size: number): Promise<number> {
  for (let tries = 0; tries < 50; tries++) {
    const base = FIRST_PORT + Math.floor(Math.random() * (LAST_PORT - FIRST_PORT - size))
    const free = await Promise.all(Array.from({ length: size }, (_, index) => isFree(base + index)))
    if (!free.includes(false)) return base
  }
  throw new Error(`No ${size} free ports in a row between ${FIRST_PORT} and ${LAST_PORT}.`)
}

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)))
  })
