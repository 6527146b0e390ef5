import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { OwnEdge } from '../support/own-edge.ts'
import { settled } from '../support/run-through.ts'

/** By `performance.now()`. */
export type Done = { readonly what: string; readonly fromMs: number; readonly toMs: number }
export type Faults = {
  readonly done: Done[]
  /** When a process of an edge was killed: what it had under way ends without an answer. */
  readonly kills: number[]
}

export type Victims = {
  /** Of the stack: its broker is the one that is stopped. */
  readonly dataDir: string
  /** Several processes behind one port. */
  readonly crew: OwnEdge
  /** One process. */
  readonly single: OwnEdge
}

const CALM_MS = 4_000
const DRAINED_WITHIN_MS = 120_000
const POLL_MS = 50
const SUCCESSOR_WITHIN_MS = 30_000

/** The broker is stopped for `stopMs`, then killed and kept away as long; meanwhile the edges are ended with SIGTERM and started
 *  again, one after the other, and processes of theirs are killed. Between two outages the spools are empty. `times` over. */
export async function makeFaults(
  victims: Victims,
  { stopMs, times, tell }: { readonly stopMs: number; readonly times: number; readonly tell: (line: string) => void },
): Promise<Faults> {
  const { dataDir, crew, single } = victims
  const done: Done[] = []
  const kills: number[] = []
  const during = async (what: string, run: () => Promise<unknown>): Promise<void> => {
    tell(what)
    const fromMs = performance.now()
    await run()
    done.push({ what, fromMs, toMs: performance.now() })
  }
  const restart = (edge: OwnEdge, name: string): Promise<void> =>
    during(`SIGTERM to the edge ${name}, and its start`, async () => {
      const code = await edge.end('SIGTERM')
      if (code !== 0) throw new Error(`the edge ${name} ended with ${code} at SIGTERM: ${edge.logFile}`)
      await edge.start()
    })
  const killWorker = (): Promise<void> =>
    during('kill -9 of one process of the edge of several', async () => {
      const before = crew.workerPids()
      kill(before[0], kills)
      await settled(
        async () => crew.workerPids(),
        (now) => now.length === before.length && now[0] !== before[0] && !now.includes(before[0] ?? -1),
        SUCCESSOR_WITHIN_MS,
      )
    })
  const killSingle = (): Promise<void> =>
    during('kill -9 of the edge of one process, and its start', async () => {
      kill(single.pid(), kills)
      await single.end('SIGKILL')
      await single.start()
    })
  const calm = async (): Promise<void> => {
    for (const edge of [crew, single])
      await settled(
        () => edge.metric('postback_spool_records'),
        (left) => left === 0,
        DRAINED_WITHIN_MS,
      )
    await sleep(CALM_MS)
  }

  await sleep(CALM_MS)
  for (let turn = 0; turn < times; turn++) {
    await during(`SIGSTOP of the broker for ${stopMs} ms`, () =>
      away(stopMs, brokerPid(dataDir), async () => {
        await sleep(stopMs / 5)
        await restart(crew, 'of several processes')
      }),
    )
    await calm()
    await during(`kill -9 of the broker, which stays away for ${stopMs} ms`, async () => {
      const pid = brokerPid(dataDir)
      process.kill(pid, 'SIGKILL')
      const successor = await successorOf(pid, dataDir)
      await away(stopMs, successor, async () => {
        await sleep(stopMs / 5)
        await killWorker()
        await restart(single, 'of one process')
      })
    })
    await calm()
    await killSingle()
    await calm()
  }
  return { done, kills }
}

/** Stops a process for so long, and for as long as `meanwhile` takes. */
async function away(ms: number, pid: number, meanwhile: () => Promise<void>): Promise<void> {
  process.kill(pid, 'SIGSTOP')
  try {
    await Promise.all([sleep(ms), meanwhile()])
  } finally {
    process.kill(pid, 'SIGCONT')
  }
}

function kill(pid: number | undefined, kills: number[]): void {
  if (pid === undefined || pid <= 0) throw new Error('there is no process to kill')
  kills.push(performance.now())
  process.kill(pid, 'SIGKILL')
}

/** Also of one that is not up yet, which `stack.json` does not name. -1 while there is none. */
function brokerPid(dataDir: string): number {
  const file = join(dataDir, 'pids', 'kafka')
  return existsSync(file) ? Number(readFileSync(file, 'utf8')) : -1
}

async function successorOf(pid: number, dataDir: string): Promise<number> {
  for (const giveUpAt = performance.now() + SUCCESSOR_WITHIN_MS; performance.now() < giveUpAt; await sleep(POLL_MS)) {
    const now = brokerPid(dataDir)
    if (now !== pid && now > 0) return now
  }
  throw new Error('the broker was killed and is not started again')
}
