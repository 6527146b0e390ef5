import { setTimeout as sleep } from 'node:timers/promises'
import type { Stack } from '../../src/local/stack-file.ts'
import { CLICK_LEAD_MS, clickBody, postbackBody, type Scenario, SHOT_SPAN_MS, shots } from './scenario.ts'
import type { Tenant } from './tenants.ts'

export type Sent = {
  /** Number of the transaction by postback id, of every postback that was answered 200. */
  readonly accepted: ReadonlyMap<string, number>
  readonly clicks: number
  /** Requests that were not answered 2xx and were sent again, whole. */
  readonly again: number
  readonly seconds: number
}

const TICK_MS = 250
/** Requests under way: on a machine that is busy the rate falls, instead of retries feeding on themselves. */
const IN_FLIGHT_MAX = 48
const ITEMS_MAX = 1_000
const TIMEOUT_MS = 20_000

type Due = { readonly clicks: number[]; readonly postbacks: number[] }

/** Sends the whole scenario through the public door, each batch until it is answered 200. */
export async function send(stack: Stack, tenants: readonly Tenant[], scenario: Scenario): Promise<Sent> {
  const started = performance.now()
  const startedMs = Date.now()
  const shotOf = shots(scenario)
  const accepted = new Map<string, number>()
  const due = new Map<number, Due>()
  const under: Promise<void>[] = []
  let [clicks, again, inFlight, generated] = [0, 0, 0, 0]
  let failed: unknown

  const at = (ms: number): Due => {
    const tick = Math.ceil(ms / TICK_MS)
    const there = due.get(tick) ?? { clicks: [], postbacks: [] }
    due.set(tick, there)
    return there
  }
  const generate = (untilMs: number): void => {
    for (; generated < scenario.postbacks; generated++) {
      const shot = shotOf(generated)
      if (shot.postbackMs - CLICK_LEAD_MS > untilMs) return
      if (shot.clickMs !== null) at(shot.clickMs).clicks.push(shot.n)
      at(shot.postbackMs).postbacks.push(shot.n)
      if (shot.resendMs !== null) at(shot.resendMs).postbacks.push(shot.n)
    }
  }
  const post = async (url: string, headers: Record<string, string>, items: readonly unknown[]): Promise<Reply> => {
    for (let pauseMs = 200; ; pauseMs = Math.min(pauseMs * 2, 2_000)) {
      const reply = await once(url, headers, items)
      if (reply !== null) return reply
      again++
      await sleep(pauseMs)
    }
  }
  const sendClicks = async (workspace: number, ns: readonly number[]): Promise<void> => {
    const tenant = tenants[workspace] as Tenant // a shot's workspace is one of them
    const { items } = await post(
      `${stack.edge_url}/api/v1/clicks`,
      { authorization: `Bearer ${tenant.apiKey}` },
      ns.map((n) => clickBody(scenario, n, startedMs)),
    )
    clicks += items.length
  }
  const sendPostbacks = async (workspace: number, ns: readonly number[]): Promise<void> => {
    const tenant = tenants[workspace] as Tenant // as above
    const { items } = await post(
      tenant.batchUrl,
      {},
      ns.map((n) => postbackBody(scenario, n)),
    )
    for (const { index, postback_id } of items) {
      const n = ns[index]
      if (postback_id === undefined || n === undefined) throw new Error(`item ${index} was refused`)
      accepted.set(postback_id, n)
    }
  }
  const fire = async (run: (workspace: number, ns: readonly number[]) => Promise<void>, ns: readonly number[]): Promise<void> => {
    for (const [workspace, all] of Map.groupBy(ns, (n) => shotOf(n).workspace))
      for (let from = 0; from < all.length; from += ITEMS_MAX) {
        while (inFlight >= IN_FLIGHT_MAX && failed === undefined) await sleep(5)
        if (failed !== undefined) throw failed
        inFlight++
        const one = run(workspace, all.slice(from, from + ITEMS_MAX))
        under.push(
          one
            .catch((error: unknown) => {
              failed = error
            })
            .finally(() => {
              inFlight--
            }),
        )
      }
    if (under.length > 1_000) under.splice(0, under.length - IN_FLIGHT_MAX * 2) // long settled
  }

  const lastTick = Math.ceil((CLICK_LEAD_MS + (scenario.postbacks * 1_000) / scenario.perSecond + SHOT_SPAN_MS) / TICK_MS) + 1
  for (let tick = 0; tick <= lastTick; tick++) {
    generate((tick + 1) * TICK_MS)
    await sleep(Math.max(0, started + tick * TICK_MS - performance.now()))
    const now = due.get(tick)
    due.delete(tick)
    if (now === undefined) continue
    await fire(sendClicks, now.clicks)
    await fire(sendPostbacks, now.postbacks)
  }
  await Promise.all(under)
  if (failed !== undefined) throw failed
  return { accepted, clicks, again, seconds: (performance.now() - started) / 1_000 }
}

type Reply = { readonly items: readonly { readonly index: number; readonly postback_id?: string }[] }

/** Null: not answered, or with a 5xx or 408; 4xx else is a mistake of the test. */
async function once(url: string, headers: Record<string, string>, items: readonly unknown[]): Promise<Reply | null> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify(items),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    const text = await response.text()
    if (response.ok) return JSON.parse(text) as Reply // our own API
    if (response.status >= 500 || response.status === 408 || response.status === 429) return null
    throw new Refused(`${response.status}: ${text.slice(0, 400)}`)
  } catch (error) {
    if (error instanceof Refused) throw error
    return null
  }
}

class Refused extends Error {}
