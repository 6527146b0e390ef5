import { setTimeout as sleep } from 'node:timers/promises'
import { chance } from '../chaos/scenario.ts'
import { createClient } from './client.ts'
import type { Conversion, Result, SenderDefinition } from './definition.ts'
import { createStanding, type Standing } from './standing.ts'

/** By `performance.now()`. */
export type Attempt = { readonly fromMs: number; readonly toMs: number; readonly result: Result }
/** What a sender knows of one conversion in the end. */
export type Told = { readonly conversion: Conversion; readonly attempts: readonly Attempt[]; readonly isDelivered: boolean }

export type Sender = {
  readonly definition: SenderDefinition
  readonly standing: Standing
  readonly told: readonly Told[]
  readonly replays: number
  /** Resolves when everything has been delivered or given up. */
  stop(): Promise<void>
}

export type Load = {
  /** The source's address. */
  readonly address: string
  /** The conversion of this number, its click made; may take a moment. */
  readonly conversion: (n: number) => Promise<Conversion>
  readonly perSecond: number
  readonly seed: number
  /** The sender's own pauses are this many times shorter: hours would outlast the run. Its time-out is not. */
  readonly squeeze: number
}

/** A cron job that ran more often than this would gather nothing. */
const GATHER_MIN_MS = 1_000

/** Sends conversions at an uneven rate, by the sender's own rules, until it is stopped or has turned the address off. */
export function startSender(definition: SenderDefinition, load: Load): Sender {
  const { address, perSecond, seed, squeeze } = load
  const client = createClient(definition)
  const standing = createStanding(definition)
  const slots = createSlots(definition.concurrency)
  const told: Told[] = []
  const under = new Set<Promise<void>>()
  const gatherMs = definition.gathersMs === 0 ? 0 : Math.max(GATHER_MIN_MS, definition.gathersMs / squeeze)
  let over = false

  const attempt = async (conversion: Conversion): Promise<Attempt> => {
    await slots.take()
    const fromMs = performance.now()
    const result = await client.send(address, definition.call(conversion))
    slots.free()
    standing.attempted(result)
    return { fromMs, toMs: performance.now(), result }
  }

  async function deliver(conversion: Conversion): Promise<void> {
    if (gatherMs > 0) await sleep(gatherMs - (performance.now() % gatherMs))
    const attempts: Attempt[] = []
    for (const pauseMs of [0, ...definition.againAfterMs]) {
      if (attempts.length > 0) await sleep(pauseMs / squeeze)
      const one = await attempt(conversion)
      attempts.push(one)
      if (!definition.isTriedAgain(one.result)) break
    }
    const last = attempts.at(-1)?.result
    const isDelivered = last?.kind === 'answered' && definition.isSuccess(last.status)
    standing.ended(isDelivered)
    told.push({ conversion, attempts, isDelivered })
  }

  const running = (async () => {
    for (let n = 0; !over && !standing.isOff; n++) {
      await sleep(((0.5 + chance(seed, n, 31)) * 1_000) / perSecond)
      const one = deliver(await load.conversion(n)).finally(() => under.delete(one))
      under.add(one)
    }
  })()

  return {
    definition,
    standing,
    told,
    get replays() {
      return client.replays
    },
    async stop() {
      over = true
      await running
      await Promise.all(under)
      client.close()
    },
  }
}

/** So many at a time, the others in their order. */
function createSlots(count: number): { take(): Promise<void>; free(): void } {
  const waiting: (() => void)[] = []
  let left = count
  return {
    async take() {
      if (left === 0) return new Promise((resolve) => waiting.push(resolve))
      left--
    },
    free() {
      const next = waiting.shift()
      if (next === undefined) left++
      else next()
    },
  }
}
