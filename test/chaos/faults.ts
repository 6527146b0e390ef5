import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Stack } from '../../src/local/stack-file.ts'
import { chance } from './scenario.ts'

/** What was done to whom, at which second. */
export type Fault = {
  readonly atS: number
  readonly victim: string
  readonly pid: number
  readonly kind: 'kill -9' | 'SIGSTOP'
  readonly forMs: number
}

export type Faults = {
  readonly done: readonly Fault[]
  /** Ends the faults; everyone runs again when this resolves. */
  stop(): Promise<void>
}

export type Victims = 'attribution' | 'forward' | 'store' | 'broker'

const EVERY_MS = 3_000
const STOP_MS = { from: 2_000, to: 20_000 } as const
const STOP_SHARE = 0.4
/** Before a killed process, and whoever stood on it, is a victim again. */
const BROKER_REST_MS = 12_000

/** Every three seconds a random process is killed with -9 or stopped for up to 20 s. Of the brokers one at a time: two of three
 *  are what an acknowledgement rests on. */
export function injectFaults(
  stackFile: string,
  seed: number,
  only: readonly Victims[] = ['attribution', 'forward', 'store', 'broker'],
): Faults {
  const done: Fault[] = []
  const stopped = new Map<number, NodeJS.Timeout>()
  const killed = new Set<number>()
  const started = performance.now()
  const over = new AbortController()
  let brokersWholeAtMs = 0

  const hit = (turn: number): void => {
    const { pids } = JSON.parse(readFileSync(stackFile, 'utf8')) as Stack
    const groups: Record<Victims, readonly (readonly [string, number])[]> = {
      attribution: pids.attribution.map((pid, index) => [`attribution-${index}`, pid] as const),
      forward: Object.entries(pids.forward).map(([platform, pid]) => [`forward.${platform}`, pid] as const),
      store: pids.store.map((pid, index) => [`store-${index}`, pid] as const),
      broker: performance.now() < brokersWholeAtMs ? [] : pids.kafka_brokers.map((pid, index) => [`broker-${index + 1}`, pid] as const),
    }
    const alive = only
      .map((name) => groups[name].filter(([, pid]) => pid > 0 && !stopped.has(pid) && !killed.has(pid)))
      .filter((one) => one.length > 0)
    const group = alive[Math.floor(chance(seed, turn, 11) * alive.length)] ?? []
    const [victim, pid] = group[Math.floor(chance(seed, turn, 12) * group.length)] ?? []
    if (victim === undefined || pid === undefined) return
    const stops = chance(seed, turn, 13) < STOP_SHARE
    const forMs = stops ? STOP_MS.from + (STOP_MS.to - STOP_MS.from) * chance(seed, turn, 14) : 0
    try {
      process.kill(pid, stops ? 'SIGSTOP' : 'SIGKILL')
    } catch {
      return // it died by itself a moment ago, as a process does that was fenced
    }
    if (victim.startsWith('broker')) brokersWholeAtMs = performance.now() + forMs + BROKER_REST_MS
    if (stops)
      stopped.set(
        pid,
        setTimeout(() => goOn(pid), forMs),
      )
    else killed.add(pid)
    done.push({
      atS: Math.round((performance.now() - started) / 1_000),
      victim,
      pid,
      kind: stops ? 'SIGSTOP' : 'kill -9',
      forMs: Math.round(forMs),
    })
  }
  const goOn = (pid: number): void => {
    clearTimeout(stopped.get(pid))
    stopped.delete(pid)
    try {
      process.kill(pid, 'SIGCONT')
    } catch {
      // killed by someone else meanwhile
    }
  }
  const loop = (async () => {
    for (let turn = 0; !over.signal.aborted; turn++) {
      await sleep(EVERY_MS, undefined, { signal: over.signal }).catch(() => undefined)
      if (!over.signal.aborted) hit(turn)
    }
  })()

  return {
    done,
    async stop() {
      over.abort()
      await loop
      for (const pid of [...stopped.keys()]) goOn(pid)
    },
  }
}

/** `attribution-0: 3 kill -9, 1 SIGSTOP` and so on. */
export const tally = (faults: readonly Fault[]): Record<string, number> => {
  const counts: Record<string, number> = {}
  for (const { victim, kind } of faults) {
    const name = `${kind} of ${victim.replace(/[-.].*/, '')}`
    counts[name] = (counts[name] ?? 0) + 1
  }
  return counts
}
