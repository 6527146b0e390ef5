import { setTimeout as sleep } from 'node:timers/promises'
import type { Ground, RunningRole } from '../ground.ts'
import { type Fired, fire } from './fire.ts'
import type { Load } from './load.ts'

/** What came of a long load with the broker away in the middle of it. */
export type Soaked = {
  readonly fired: Fired
  readonly awayMs: number
  /** Postbacks that went to disk, and those of them that could not be read again. */
  readonly spooled: number
  readonly lost: number
  /** From when the broker was let go until the last of them was with it. */
  readonly drainedMs: number
}

const AWAY_MS = 60_000
/** It goes after this share of the time, so that most of the time is left to catch up. */
const AWAY_AFTER = 0.2
const EVERY_MS = 250
const DRAINED_WITHIN_MS = 900_000

/** The broker hangs for a minute, is killed, and comes anew, all under load. */
export async function soak(ground: Ground, edge: RunningRole, load: Load, tell: (line: string) => void): Promise<Soaked> {
  const { kafka } = ground.stack.pids
  if (!ground.alone || kafka <= 0) throw new Error('--soak stops the broker: leave --stack and KAFKA_BROKERS out.')
  const awayMs = Math.min(AWAY_MS, load.measureMs / 4)
  const firing = fire(load, edge.pids)
  firing.catch(() => undefined) // it is awaited below
  await sleep(load.warmUpMs + load.measureMs * AWAY_AFTER)
  tell(`the broker hangs for ${awayMs / 1_000} s`)
  process.kill(kafka, 'SIGSTOP')
  await sleep(awayMs)
  process.kill(kafka, 'SIGKILL')
  const letGoMs = performance.now()
  const watching = untilDrained(ground, letGoMs, tell)
  const fired = await firing
  const drainedMs = await watching
  const { spooled_total: spooled, spool_lost_total: lost } = await metricsOf(ground)
  return { fired, awayMs, spooled: spooled ?? 0, lost: lost ?? 0, drainedMs }
}

async function untilDrained(ground: Ground, sinceMs: number, tell: (line: string) => void): Promise<number> {
  for (let told = 0; ; ) {
    const sinceNowMs = performance.now() - sinceMs
    const { spool_records: left = 0 } = await metricsOf(ground).catch(() => ({ spool_records: Number.NaN }))
    if (left === 0) return sinceNowMs
    if (sinceNowMs > DRAINED_WITHIN_MS) throw new Error(`${left} postbacks are still on disk after ${DRAINED_WITHIN_MS / 1_000} s.`)
    if (sinceNowMs - told > 15_000) {
      told = sinceNowMs
      tell(`${left} postbacks on disk`)
    }
    await sleep(EVERY_MS)
  }
}

/** Of the edge, by name without `postback_`, labels summed. */
async function metricsOf({ stack }: Ground): Promise<Readonly<Record<string, number>>> {
  const text = await (await fetch(`${stack.admin_urls.edge?.[0]}/metrics`)).text()
  const sums: Record<string, number> = {}
  for (const [, name = '', value] of text.matchAll(/^postback_(\w+)(?:\{[^}]*\})? (\S+)$/gm)) sums[name] = (sums[name] ?? 0) + Number(value)
  return sums
}
