import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Stack } from '../../src/local/stack-file.ts'
import { freeBlock } from '../stack.ts'
import { chance } from './scenario.ts'

export type Member = {
  readonly pid: number
  readonly process: ChildProcess
  readonly adminUrl: string
  readonly logFile: string
  end(): Promise<void>
}

const PROJECT = join(import.meta.dirname, '..', '..')

/** A member of attribution beside those of the stack, with a state of its own; nobody starts it again. */
export async function addMember(stack: Stack, stackFile: string, ordinal: number): Promise<Member> {
  const dataDir = dirname(stackFile)
  const logFile = join(dataDir, 'logs', `attribution-${ordinal}.log`)
  const log = openSync(logFile, 'a')
  const port = await freeBlock(1)
  const secrets = JSON.parse(readFileSync(join(dataDir, 'secrets.json'), 'utf8')) as Record<string, string>
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', join(PROJECT, 'src', 'main.ts'), 'attribution', `--data=${dataDir}`],
    {
      cwd: PROJECT,
      stdio: ['ignore', log, log, 'ipc'],
      env: {
        ...process.env,
        ...secrets,
        KAFKA_BROKERS: stack.kafka_brokers,
        SCHEMA_REGISTRY_URL: stack.schema_registry_url,
        STATE_DIR: join(dataDir, 'state'),
        DATA_DIR: dataDir,
        ADMIN_PORT: String(port),
        ORDINAL: String(ordinal),
      },
    },
  )
  closeSync(log)
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  return {
    pid: child.pid ?? Number.NaN,
    process: child,
    adminUrl: `http://127.0.0.1:${port}`,
    logFile,
    async end() {
      child.kill('SIGKILL')
      await gone
    },
  }
}

const STAYS_MS = { from: 12_000, to: 30_000 } as const
/** A static member that is gone for good leaves the group when its session has timed out. */
const AWAY_MS = 12_000

/** Members come and go for good, one at a time, each by kill -9: partitions move to it, and back once its session is over. */
export function moveMembers(
  stack: Stack,
  stackFile: string,
  seed: number,
  firstOrdinal: number,
): { readonly moves: () => number; stop(): Promise<void> } {
  const over = new AbortController()
  const pause = (ms: number) => sleep(ms, undefined, { signal: over.signal }).catch(() => undefined)
  let moves = 0
  const loop = (async () => {
    for (let turn = 0; !over.signal.aborted; turn++) {
      const member = await addMember(stack, stackFile, firstOrdinal + (turn % 2))
      moves++
      await pause(STAYS_MS.from + (STAYS_MS.to - STAYS_MS.from) * chance(seed, turn, 21))
      await member.end()
      moves++
      await pause(AWAY_MS)
    }
  })()
  return {
    moves: () => moves,
    async stop() {
      over.abort()
      await loop
    },
  }
}
