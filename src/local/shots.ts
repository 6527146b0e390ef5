import { randomUUID } from 'node:crypto'
import { call } from './api.ts'
import type { Stack, StackSource } from './stack-file.ts'
import { short } from './table.ts'

const HOUR_MS = 3_600_000

/** A postback that is ready to be sent, its click made. */
export type Shot = { readonly source: StackSource; readonly came: string; readonly clickId: string; readonly send: () => Promise<Response> }

/** Makes the ad click of a source, and readies the postback that its tracker would send for it. */
export async function prepare(stack: Stack, source: StackSource): Promise<Shot> {
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

export const nameOf = (source: StackSource): string => (source.kind === 'backend' ? 'own backend' : source.tracker)
