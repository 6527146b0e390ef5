import { setTimeout as sleep } from 'node:timers/promises'
import type { Stack, StackSource } from '../../src/local/stack-file.ts'

/** Clicks and postbacks of one run, and what must come of them. */
export type Plan = {
  /** Marks every id of this run. */
  readonly mark: string
  readonly postbacks: number
  /** The first so many have a click before they come. */
  readonly known: number
  readonly perSecond: number
}

const PLATFORMS = ['meta', 'google', 'tiktok'] as const
const EVENTS = ['Purchase', 'Lead', 'SignUp', 'Subscribe'] as const
const HOUR_MS = 3_600_000
const IN_FLIGHT_MAX = 1_000

export const clickIdOf = (plan: Plan, n: number): string => `${plan.mark}c${n}`
const platformOf = (n: number) => PLATFORMS[n % PLATFORMS.length] ?? 'meta'

/** Hands clicks `from` to `to` (exclusive) to the clicks API; Google's are dated seven hours back, as the platform wants them. */
export async function sendClicks(stack: Stack, plan: Plan, from: number, to: number): Promise<void> {
  for (let start = from; start < to; start += 1_000) {
    const clicks = Array.from({ length: Math.min(1_000, to - start) }, (_, index) => clickFor(plan, start + index))
    await untilOk(() =>
      fetch(`${stack.edge_url}/api/v1/clicks`, {
        method: 'POST',
        headers: { authorization: `Bearer ${stack.workspace.api_key}`, 'content-type': 'application/json' },
        body: JSON.stringify(clicks),
        signal: AbortSignal.timeout(20_000),
      }),
    )
  }
}

function clickFor(plan: Plan, n: number) {
  const platform = platformOf(n)
  const own = {
    meta: { fbclid: `IwAR${plan.mark}${n}` },
    google: { gclid: `Cj0K${plan.mark}${n}` },
    tiktok: { ttclid: `E.C.P.${plan.mark}${n}` },
  }[platform]
  const clicked_at = Date.now() - (platform === 'google' ? 7 * HOUR_MS : 60_000)
  return {
    click_id: clickIdOf(plan, n),
    clicked_at,
    client_ip: '203.0.113.9',
    client_user_agent: 'Mozilla/5.0',
    campaign_id: `cmp${n % 7}`,
    ...own,
  }
}

/** One postback in the words of its source, by GET or POST in turn. */
function request(plan: Plan, source: StackSource, n: number): { url: string; init: RequestInit } {
  const [id, tx, event, value] = [clickIdOf(plan, n), `${plan.mark}t${n}`, EVENTS[n % EVENTS.length] ?? 'Lead', ((n % 900) + 1) / 10]
  const words: Readonly<Record<string, Record<string, string>>> = {
    keitaro: { subid: id, tid: tx, payout: String(value), currency: 'USD', event, status: 'sale' },
    voluum: { cid: id, txid: tx, payout: String(value), currency: 'EUR', et: event },
    redtrack: { clickid: id, sum: String(value), currency: 'USD', type: event, tid: tx },
    generic: { click_id: id, transaction_id: tx, value: String(value), currency: 'USD', event },
  }
  const fields = words[source.tracker] ?? words.generic ?? {}
  if (source.kind === 'tracker' && n % 2 === 0) return { url: `${source.postback_url}&${new URLSearchParams(fields)}`, init: {} }
  return {
    url: source.postback_url,
    init: { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(fields) },
  }
}

/** Fires all postbacks at an even rate, each until it was answered 2xx, as a patient sender does. Answers how many tries it took,
 *  and what the edge said of each when it took it. */
export async function sendPostbacks(stack: Stack, plan: Plan): Promise<{ tries: number; replies: string[] }> {
  const sources = stack.workspace.sources
  const started = performance.now()
  let tries = 0
  let inFlight = 0
  const sent: Promise<string>[] = []
  for (let n = 0; n < plan.postbacks; n++) {
    const dueMs = started + (n * 1_000) / plan.perSecond - performance.now()
    if (dueMs > 5) await sleep(dueMs)
    // On a machine that is busy with other things the rate falls, instead of retries feeding on themselves.
    while (inFlight >= IN_FLIGHT_MAX) await sleep(5)
    const source = sources[n % sources.length]
    if (source === undefined) throw new Error('the workspace has no sources')
    const { url, init } = request(plan, source, n)
    inFlight++
    const one = untilOk(() => {
      tries++
      return fetch(url, { ...init, signal: AbortSignal.timeout(5_000) })
    })
    sent.push(
      one.finally(() => {
        inFlight--
      }),
    )
  }
  return { tries, replies: await Promise.all(sent) }
}

/** 4xx is a mistake of the test, but for 408: the server's word for a request that came too slowly. Everything else is tried again. */
async function untilOk(send: () => Promise<Response>): Promise<string> {
  for (let pauseMs = 100; ; pauseMs = Math.min(pauseMs * 2, 2_000)) {
    const response = await send().catch(() => null)
    const text = await response?.text().catch(() => undefined)
    if (response?.ok && text !== undefined) return text
    if (response !== null && response.status < 500 && response.status !== 408) throw new Error(`${response.status}: ${text}`)
    await sleep(pauseMs)
  }
}

export type Counts = { matched: number; held: number; duplicate: number; received: number; forwarded: number }

/** The same counts from the API, from ClickHouse's views and from the twins. */
export async function countEverywhere(
  stack: Stack,
  plan: Plan,
): Promise<{ api: Counts; clickhouse: Counts; twins: { conversions: number; distinct: number } }> {
  return { api: await countInApi(stack), clickhouse: await countInClickhouse(stack, plan), twins: await countAtTwins(stack, plan) }
}

/** All events of the workspace: the run owns it. */
export async function countInApi(stack: Stack): Promise<Counts> {
  const stats = await api<{
    received: number
    matched: number
    held: number
    duplicate: number
    platforms: Record<string, { forwarded: number }>
  }>(stack, '/api/v1/postback/stats')
  const forwarded = Object.values(stats.platforms).reduce((sum, one) => sum + one.forwarded, 0)
  return { matched: stats.matched, held: stats.held, duplicate: stats.duplicate, received: stats.received, forwarded }
}

async function countInClickhouse(stack: Stack, plan: Plan): Promise<Counts> {
  const query = `SELECT count() AS received, countIf(status IN ('matched', 'forwarded', 'failed')) AS matched, countIf(status = 'held') AS held,
    countIf(status = 'duplicate') AS duplicate, countIf(status = 'forwarded') AS forwarded
    FROM postback.v_events WHERE workspace_id = '${stack.workspace.id}' AND startsWith(ifNull(click_id, ''), '${plan.mark}c') FORMAT JSONEachRow`
  const response = await fetch(stack.clickhouse_url, { method: 'POST', body: query })
  const text = await response.text()
  if (!response.ok) throw new Error(text)
  const row = JSON.parse(text) as Record<keyof Counts, string>
  return Object.fromEntries(Object.entries(row).map(([name, count]) => [name, Number(count)])) as Counts
}

/** What the platforms believe of this run: conversions after their own deduplication. */
async function countAtTwins(stack: Stack, plan: Plan): Promise<{ conversions: number; distinct: number }> {
  const lists = await Promise.all(
    Object.values(stack.twins).map(
      async (url) =>
        ((await (await fetch(`${url}/_twin/conversions`)).json()) as { items: { destination: string; event: string; event_id: string }[] })
          .items,
    ),
  )
  const ids = await idsOf(stack, plan)
  const mine = lists.flat().filter(({ event_id }) => ids.has(event_id))
  return { conversions: mine.length, distinct: new Set(mine.map(({ event_id }) => event_id)).size }
}

/** Every id under which a platform may know an event of this run: the event id, or the transaction id at Google. */
async function idsOf(stack: Stack, plan: Plan): Promise<Set<string>> {
  const query = `SELECT DISTINCT event_id, transaction_id FROM postback.v_events
    WHERE workspace_id = '${stack.workspace.id}' AND startsWith(ifNull(click_id, ''), '${plan.mark}c') FORMAT JSONCompactEachRow`
  const text = await (await fetch(stack.clickhouse_url, { method: 'POST', body: query })).text()
  return new Set(
    text
      .trim()
      .split('\n')
      .filter((line) => line !== '')
      .flatMap((line) => JSON.parse(line) as string[]),
  )
}

export async function api<Answer>(stack: Stack, path: string): Promise<Answer> {
  const response = await fetch(`${stack.console_url}${path}`, {
    headers: { authorization: `Bearer ${stack.workspace.api_key}` },
    signal: AbortSignal.timeout(20_000),
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`${path} answered ${response.status}: ${text}`)
  return JSON.parse(text) as Answer
}

/** Asks until the answer fits, or gives the last answer when the time is over: the assertion that follows shows it. */
export async function settled<Value>(ask: () => Promise<Value>, fits: (value: Value) => boolean, withinMs: number): Promise<Value> {
  const giveUpAt = performance.now() + withinMs
  for (;;) {
    const value = await ask().catch(() => null)
    if (value !== null && fits(value)) return value
    if (performance.now() > giveUpAt) return value ?? (await ask())
    await sleep(500)
  }
}
