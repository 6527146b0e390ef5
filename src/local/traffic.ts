import { randomUUID } from 'node:crypto'
import type { Stack, StackSource } from './stack-file.ts'

const PLATFORM_CLICK_IDS = ['fbclid=IwAR', 'ttclid=E.C.P.'] as const
const EVENTS = ['Purchase', 'Lead', 'SignUp', 'Subscribe'] as const
const IN_FLIGHT_MAX = 500
/** Clicks that later postbacks choose from; the oldest gives its place to a new one. */
const CLICKS_MAX = 2_000
const CLICKS_PER_POSTBACK = 0.25
const TICK_MS = 50

type KnownClick = { readonly id: string; readonly source: StackSource }

/** Keeps firing `perSecond` postbacks, each for one of the latest clicks at random, and clicks at a quarter of that rate.
 *  Answers how to stop. */
export function fireTraffic(stack: Stack, perSecond: number): () => void {
  const sources = stack.workspace.sources.filter((source) => source.kind === 'tracker')
  const clicks: KnownClick[] = []
  let inFlight = 0
  let clicked = 0
  let fired = 0

  const click = async (): Promise<void> => {
    const source = sources[clicked % sources.length]
    if (source === undefined) return
    const known = { id: randomUUID(), source }
    await get(`${clickUrl(source, known.id)}&${PLATFORM_CLICK_IDS[clicked % PLATFORM_CLICK_IDS.length]}${known.id}`)
    clicks[clicked++ % CLICKS_MAX] = known
  }
  const postback = async (): Promise<void> => {
    const known = clicks[Math.floor(Math.random() * clicks.length)]
    if (known !== undefined) await get(postbackUrl(known, fired++))
  }
  const fire = (shot: () => Promise<void>): void => {
    if (inFlight >= IN_FLIGHT_MAX) return
    inFlight++
    shot()
      .catch(() => undefined) // the edge may be restarting; traffic goes on
      .finally(() => {
        inFlight--
      })
  }

  const postbackPace = pace(perSecond)
  const clickPace = pace(perSecond * CLICKS_PER_POSTBACK)
  let lastMs = performance.now()
  const timer = setInterval(() => {
    const nowMs = performance.now()
    for (let due = clickPace(nowMs - lastMs); due > 0; due--) fire(click)
    for (let due = postbackPace(nowMs - lastMs); due > 0; due--) fire(postback)
    lastMs = nowMs
  }, TICK_MS)
  return () => clearInterval(timer)
}

/** How many are due after each stretch of time; what a stretch owes in parts is carried over. A long pause is not made up for. */
export function pace(perSecond: number): (elapsedMs: number) => number {
  let owed = 0
  return (elapsedMs) => {
    owed = Math.min(owed + (elapsedMs / 1_000) * perSecond, Math.max(perSecond, 1))
    const due = Math.floor(owed)
    owed -= due
    return due
  }
}

const clickUrl = (source: StackSource, id: string): string =>
  `${source.click_url}?to=${encodeURIComponent('https://example.com/?click_id={click_id}')}&click_id=${id}`

/** Every postback has a transaction of its own, so that none is a duplicate. */
const postbackUrl = ({ id, source }: KnownClick, turn: number): string =>
  `${source.postback_url}&click_id=${id}&event=${EVENTS[turn % EVENTS.length]}&value=${((turn % 5_000) / 100 + 0.5).toFixed(2)}&currency=USD&transaction_id=${randomUUID()}`

async function get(url: string): Promise<void> {
  const response = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(10_000) })
  await response.arrayBuffer() // read to its end, so that the connection serves again
}
