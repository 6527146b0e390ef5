import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { call } from './api.ts'
import type { Stack, StackSource } from './stack-file.ts'

const HOUR_MS = 3_600_000
const WITHIN_MS = 60_000

type Detail = {
  status: string
  why?: string | null
  click: { click_id: string } | null
  deliveries: { platform: string; status: string; why?: string | null }[]
  attempts: { platform: string; response: unknown; verdict: string }[]
}
type Reply = { postback_id: string; status: string }
type Shot = { readonly source: StackSource; readonly came: string; readonly clickId: string; readonly send: () => Promise<Response> }

export type Row = {
  readonly tracker: string
  readonly came: string
  readonly click: string
  readonly platform: string
  readonly answer: string
  readonly tookMs: number
}

/** One ad click and one postback for every source of the demo workspace, through the public door, in the tracker's own words.
 *  What fails is told in its row. */
export async function rehearse(stack: Stack): Promise<Row[]> {
  return Promise.all(
    stack.workspace.sources.map(async (source) => {
      try {
        return await follow(stack, await prepare(stack, source))
      } catch (error) {
        return { tracker: nameOf(source), came: '-', click: '-', platform: '-', answer: `did not go through: ${flat(error)}`, tookMs: 0 }
      }
    }),
  )
}

async function prepare(stack: Stack, source: StackSource): Promise<Shot> {
  const mark = randomUUID().replaceAll('-', '')
  if (source.kind === 'backend') return backend(stack, source, mark)
  const shots: Readonly<Record<string, () => Promise<Shot>>> = {
    // https://docs.keitaro.io: subid is the click id, GET is what its postback URLs use.
    keitaro: async () => {
      const clickId = await redirect(source, `fbclid=IwAR${mark}`, mark.slice(0, 19))
      return get(source, clickId, `subid=${clickId}&status=sale&payout=12.34&currency=USD&tid=${mark.slice(0, 10)}`)
    },
    // https://doc.voluum.com: cid, payout, txid, et.
    voluum: async () => {
      const clickId = await clickByApi(stack, `w${mark.slice(0, 23).toUpperCase()}`, {
        gclid: `Cj0K${mark}`,
        clicked_at: Date.now() - 7 * HOUR_MS,
      })
      return get(source, clickId, `cid=${clickId}&payout=7.5&currency=EUR&txid=${mark.slice(0, 10)}&et=lead`)
    },
    // https://docs.redtrack.io: clickid, sum, type.
    redtrack: async () => {
      const clickId = await redirect(source, `ttclid=E.C.P.${mark}`, mark.slice(0, 24))
      return get(source, clickId, `clickid=${clickId}&sum=3.20&currency=USD&type=SignUp`)
    },
    generic: async () => {
      const clickId = await redirect(source, `fbclid=IwAR${mark}`, null)
      return post(source, clickId, {
        event: 'Subscribe',
        click_id: clickId,
        value: '9.99',
        currency: 'USD',
        transaction_id: mark.slice(0, 12),
      })
    },
  }
  return (shots[source.tracker] ?? shots.generic ?? (() => backend(stack, source, mark)))()
}

async function backend(stack: Stack, source: StackSource, mark: string): Promise<Shot> {
  const clickId = await clickByApi(stack, `shop-${mark}`, { ttclid: `E.C.P.${mark}` })
  return post(source, clickId, {
    event: 'Purchase',
    click_id: clickId,
    value: 49.9,
    currency: 'USD',
    transaction_id: `order-${mark.slice(0, 8)}`,
    user_email: 'jane.doe@example.com',
  })
}

/** An ad click through the redirect; `null` lets the edge mint the click id. Answers the id in the target URL. */
async function redirect(source: StackSource, platformId: string, clickId: string | null): Promise<string> {
  const to = encodeURIComponent('https://example.com/offer?click_id={click_id}')
  const own = clickId === null ? '' : `&click_id=${clickId}`
  const response = await fetch(`${source.click_url}?to=${to}&${platformId}&utm_source=rehearsal${own}`, {
    redirect: 'manual',
    headers: { 'user-agent': 'Mozilla/5.0 (rehearsal)' },
  })
  const location = response.headers.get('location')
  if (response.status !== 302 || location === null) throw new Error(`the click redirect answered ${response.status}`)
  return new URL(location).searchParams.get('click_id') ?? ''
}

async function clickByApi(stack: Stack, clickId: string, fields: object): Promise<string> {
  await call('POST', `${stack.edge_url}/api/v1/clicks`, stack.workspace.api_key, {
    click_id: clickId,
    client_ip: '203.0.113.7',
    client_user_agent: 'Mozilla/5.0 (rehearsal)',
    ...fields,
  })
  return clickId
}

const get = (source: StackSource, clickId: string, query: string): Shot => ({
  source,
  came: `GET ${query.replace(clickId, short(clickId))}`,
  clickId,
  send: () => fetch(`${source.postback_url}&${query}`),
})
const post = (source: StackSource, clickId: string, body: Readonly<Record<string, unknown>>): Shot => ({
  source,
  came: `POST event=${body.event} value=${body.value} ${body.currency} click_id=${short(clickId)}`,
  clickId,
  send: () => fetch(source.postback_url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
})

async function follow(stack: Stack, shot: Shot): Promise<Row> {
  const startedMs = performance.now()
  const response = await shot.send()
  if (!response.ok) return row(shot, '-', '-', `refused: ${response.status} ${(await response.text()).slice(0, 80)}`, startedMs)
  const { postback_id } = (await response.json()) as Reply
  for (;;) {
    const detail = await call<Detail>('GET', `${stack.console_url}/api/v1/postback/events/${postback_id}`, stack.workspace.api_key).catch(
      () => null,
    )
    const done = detail !== null && isDone(detail)
    if (done || performance.now() - startedMs > WITHIN_MS) {
      const platform = detail?.deliveries.map((delivery) => delivery.platform).join(', ') || '-'
      const answer = detail?.attempts.at(-1)
      const said = answer === undefined ? (detail?.status ?? 'not seen yet') : `${answer.verdict}: ${flat(answer.response)}`
      return row(shot, detail?.click?.click_id ?? '-', platform, said, startedMs)
    }
    await sleep(100)
  }
}

/** What a platform answered is written a moment after that it did. */
const isDone = ({ status, attempts }: Detail): boolean =>
  ['forwarded', 'failed'].includes(status) ? attempts.length > 0 : ['quarantined', 'unmatched', 'duplicate'].includes(status)

const row = (shot: Shot, click: string, platform: string, answer: string, startedMs: number): Row => ({
  tracker: nameOf(shot.source),
  came: shot.came,
  click: short(click),
  platform,
  answer,
  tookMs: Math.round(performance.now() - startedMs),
})
const nameOf = (source: StackSource): string => (source.kind === 'backend' ? 'own backend' : source.tracker)
const short = (text: string): string => (text.length <= 12 ? text : `${text.slice(0, 9)}...`)
const flat = (value: unknown): string => {
  const text = typeof value === 'string' ? value : value instanceof Error ? value.message : JSON.stringify(value)
  return text.length <= 60 ? text : `${text.slice(0, 57)}...`
}

/** The rows as a plain text table. */
export function table(rows: readonly Row[]): string {
  const lines = [
    ['tracker', 'what came in', 'click met', 'platform', 'what it answered', 'took'],
    ...rows.map((one) => [one.tracker, one.came, one.click, one.platform, one.answer, `${one.tookMs} ms`]),
  ]
  const widths = lines[0]?.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0))) ?? []
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
