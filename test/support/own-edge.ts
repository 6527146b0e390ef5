import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Stack } from '../../src/local/stack-file.ts'
import { freeBlock } from '../stack.ts'
import { settled } from './run-through.ts'
import type { TcpProxy } from './tcp-proxy.ts'

const PROJECT = join(import.meta.dirname, '..', '..')

export type OwnEdge = {
  readonly url: string
  readonly adminUrl: string
  readonly logFile: string
  readonly pid: () => number
  /** Where EDGE_PROCESSES is more than one. */
  readonly workerPids: () => number[]
  /** Resolves when `/readyz` says yes. */
  start(more?: Readonly<Record<string, string>>): Promise<void>
  /** Resolves with the exit code once it is gone; null: by the signal. */
  end(signal: NodeJS.Signals): Promise<number | null>
  metric(name: string): Promise<number>
}

/** Waits until each of so many processes behind one port is ready. */
export const allReady = (adminUrl: string, processes: number, withinMs: number): Promise<string> =>
  settled(
    () => fetch(`${adminUrl}/readyz`).then((response) => response.text()),
    (text) => text.includes(`${processes} of ${processes}`),
    withinMs,
  )

/** Waits until all of its spool is with the broker. */
export async function drained(edge: OwnEdge): Promise<void> {
  await sleep(1_000) // it tells twice a second
  const left = await settled(
    () => edge.metric('postback_spool_records'),
    (records) => records === 0,
    60_000,
  )
  if (left !== 0) throw new Error(`the spool still has ${left} records after a minute`)
}

/** An edge of a test's own beside the stack, whose way to the broker leads through `proxy` where there is one. It keeps its ports and
 *  its spool when it is started again. `files`: how many it may have open. */
export async function ownEdge(
  stack: Stack,
  stackFile: string,
  { proxy, env = {}, files }: { readonly proxy?: TcpProxy; readonly env?: Readonly<Record<string, string>>; readonly files?: number } = {},
): Promise<OwnEdge> {
  const dataDir = dirname(stackFile)
  const port = await freeBlock(2)
  const logFile = join(dataDir, 'logs', `edge-of-${port}.log`)
  const secrets = JSON.parse(readFileSync(join(dataDir, 'secrets.json'), 'utf8')) as Record<string, string>
  const [url, adminUrl] = [`http://127.0.0.1:${port}`, `http://127.0.0.1:${port + 1}`]
  let child: ChildProcess | null = null
  let gone: Promise<number | null> = Promise.resolve(null)
  return {
    url,
    adminUrl,
    logFile,
    pid: () => child?.pid ?? Number.NaN,
    workerPids: () =>
      execFileSync('ps', ['-o', 'pid=', '--ppid', String(child?.pid)], { encoding: 'utf8' })
        .split('\n')
        .map(Number)
        .filter((pid) => pid > 0),
    async start(more = {}) {
      const log = openSync(logFile, 'a')
      const through = proxy === undefined ? [] : ['--import', join(PROJECT, 'test', 'support', 'through-proxy.ts')]
      const node = [
        process.execPath,
        '--disable-warning=ExperimentalWarning',
        ...through,
        join(PROJECT, 'src', 'main.ts'),
        'edge',
        `--data=${dataDir}`,
      ]
      const [command = '', ...args] = files === undefined ? node : ['sh', '-c', `ulimit -n ${files}; exec "$@"`, 'sh', ...node]
      child = spawn(command, args, {
        cwd: PROJECT,
        stdio: ['ignore', log, log, 'ipc'],
        env: {
          ...process.env,
          ...secrets,
          KAFKA_BROKERS: stack.kafka_brokers,
          SCHEMA_REGISTRY_URL: stack.schema_registry_url,
          CLICKHOUSE_URL: stack.clickhouse_url,
          PUBLIC_EDGE_URL: url,
          EDGE_PORT: String(port),
          ADMIN_PORT: String(port + 1),
          ALLOW_HTTP: 'true',
          DRAIN_MS: '1500',
          SPOOL_DIR: join(dataDir, `spool-of-${port}`),
          DATA_DIR: dataDir,
          ORDINAL: String(port),
          ...(proxy === undefined ? {} : { THROUGH_PROXY: `${stack.kafka_brokers.split(':')[1]}:${proxy.port}` }),
          ...env,
          ...more,
        },
      })
      closeSync(log)
      gone = new Promise((resolve) => child?.once('exit', resolve))
      const isReady = () =>
        fetch(`${adminUrl}/readyz`).then(
          ({ ok }) => ok,
          () => false,
        )
      const isUp = await Promise.race([settled(isReady, (ready) => ready, 60_000), gone])
      if (isUp !== true) throw new Error(`The edge did not come up: ${logFile}`)
    },
    async end(signal) {
      child?.kill(signal)
      return gone
    },
    async metric(name) {
      const text = await (await fetch(`${adminUrl}/metrics`)).text()
      return [...text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'gm'))].reduce((sum, [, value]) => sum + Number(value), 0)
    },
  }
}
