import { afterEach, beforeEach, expect, test } from 'vitest'
import { key, startEdge } from '../edge-double.ts'
import { createAddressLimit } from './address-limit.ts'
import { createAllowlist } from './allowlist.ts'

const PATH = '/api/v1/postback/conversions'
const START = Date.UTC(2026, 10, 1)
let nowMs = START
let edge: Awaited<ReturnType<typeof startEdge>>
beforeEach(async () => {
  nowMs = START
  edge = await startEdge({ nowMs: () => nowMs, wrongKeys: createAddressLimit(20) }, { settings: { rate_limit_per_min: 10 } })
})
afterEach(() => edge.close())

let n = 0
const url = (source: string, more = '') => `${edge.url}${PATH}?key=${key(source)}&event=Lead&click_id=c&transaction_id=t${n++}${more}`
async function send(source: string, more = '') {
  const response = await fetch(url(source, more))
  const { status, code } = (await response.json()) as { status?: string | number; code?: string }
  return { http: response.status, said: code ?? status, headers: response.headers }
}
async function times<Value>(count: number, work: () => Promise<Value>): Promise<Value[]> {
  const done: Value[] = []
  for (let left = count; left > 0; left--) done.push(await work())
  return done
}
const batch = async (source: string, items: number) => {
  const body = JSON.stringify(Array.from({ length: items }, () => ({ event: 'Lead', click_id: 'c', transaction_id: `t${n++}` })))
  const response = await fetch(`${edge.url}${PATH}/batch?key=${key(source)}`, { method: 'POST', body })
  return {
    http: response.status,
    body: (await response.json()) as { accepted: number; rejected: number; items: { status?: string; code?: string }[] },
  }
}

test('R1, R2: a tracker gets 200 for all, what is over the limit is deferred, and is in its lane', async () => {
  const answers = await times(15, () => send('tracker'))
  expect(answers.map(({ http }) => http)).toEqual(new Array(15).fill(200))
  expect(answers.map(({ said }) => said)).toEqual([...new Array(10).fill('received'), ...new Array(5).fill('deferred')])
  expect(edge.postbacks().map(({ lane }) => lane)).toEqual([...new Array(10).fill('live'), ...new Array(5).fill('deferred')])
})

test('no-flood-by-refusal: requests that are signed wrongly count as all others', async () => {
  const signed = { 'webhook-id': 'm', 'webhook-timestamp': String(nowMs / 1_000), 'webhook-signature': 'v1,AAAA' }
  const statuses = await times(12, async () => (await fetch(url('backend'), { method: 'POST', headers: signed })).status)
  expect(statuses).toEqual([...new Array(10).fill(401), 429, 429])
  expect(edge.postbacks()).toHaveLength(10)
})

test('R3: a backend gets 429 over the limit with what it needs to wait, and waiting so long succeeds; nothing refused is kept', async () => {
  const passed = await times(10, () => send('backend'))
  expect(passed.map(({ http }) => http)).toEqual(new Array(10).fill(200))
  expect(passed.at(-1)?.headers.get('ratelimit')).toMatch(/^"workspace";r=0;t=\d+$/)
  const { http, said, headers } = await send('backend')
  expect([http, said, headers.get('ratelimit-policy')]).toEqual([429, 'rate_limited', '"workspace";q=10;w=60'])
  const waitS = Number(headers.get('retry-after'))
  expect(headers.get('ratelimit')).toBe(`"workspace";r=0;t=${waitS}`)
  expect(edge.sent).toHaveLength(10)
  nowMs += waitS * 1_000
  expect((await send('backend')).http).toBe(200)
})

test('a tracker of a workspace that wants to be refused is refused', async () => {
  edge.change({ over_limit: 'reject' }, 8)
  expect((await times(12, () => send('tracker'))).map(({ http }) => http)).toEqual([...new Array(10).fill(200), 429, 429])
})

test('R7: wrong keys cost the workspace nothing, and their own address its answer', async () => {
  const wrong = `${edge.url}${PATH}?key=${key('tracker').slice(0, -3)}abc&event=Lead`
  const answers = await times(25, () => fetch(wrong))
  expect(answers.map(({ status }) => status)).toEqual([...new Array(20).fill(404), ...new Array(5).fill(429)])
  expect((await times(10, () => send('tracker'))).map(({ said }) => said)).toEqual(new Array(10).fill('received'))
})

test('R8: a limit that the operator raises holds for the next request', async () => {
  await times(10, () => send('tracker'))
  expect((await send('tracker')).said).toBe('deferred')
  edge.change({ rate_limit_per_min: 1_000 }, 8)
  expect((await send('tracker')).said).toBe('received')
})

test('a batch costs its items: the first pass, the rest waits for its turn or is refused one by one', async () => {
  const lenient = await batch('tracker', 12)
  expect(lenient.body).toMatchObject({ accepted: 12, rejected: 0 })
  expect(lenient.body.items.map(({ status }) => status)).toEqual([...new Array(10).fill('received'), 'deferred', 'deferred'])
  nowMs += 120_000
  const strict = await batch('backend', 12)
  expect([strict.http, strict.body]).toMatchObject([200, { accepted: 10, rejected: 2 }])
  expect(strict.body.items.slice(-2)).toMatchObject([{ code: 'rate_limited' }, { code: 'rate_limited' }])
  expect(edge.sent).toHaveLength(22)
  expect((await batch('backend', 3)).http).toBe(429)
})

test('test events cost nothing; at twenty times the limit a tracker is refused too, before its body', async () => {
  expect((await times(15, () => send('tracker', '&test=true'))).map(({ said }) => said)).toEqual(new Array(15).fill('received'))
  const { body } = await batch('tracker', 250)
  expect(body).toMatchObject({ accepted: 200, rejected: 50 })
  const response = await fetch(url('tracker'), { method: 'POST', body: 'x'.repeat(300_000) })
  expect([response.status, response.headers.get('retry-after')]).toEqual([429, '61'])
})

test('the allowlist: off takes all, observe takes and says who would be refused, enforce refuses', async () => {
  const answer = async () => (await fetch(url('tracker'))).status
  edge.change({ allowlist: { mode: 'enforce', cidrs: ['10.0.0.0/8', '2001:db8::/32'] } }, 8)
  expect(await answer()).toBe(403)
  expect(edge.sent).toHaveLength(0)
  edge.change({ allowlist: { mode: 'observe', cidrs: ['10.0.0.0/8'] } }, 9)
  expect(await answer()).toBe(200)
  expect(edge.postbacks()[0]?.problems).toMatchObject([{ code: 'ip_not_in_allowlist' }])
  edge.change({ allowlist: { mode: 'enforce', cidrs: ['127.0.0.0/8'] } }, 10)
  expect(await answer()).toBe(200)
  edge.change({ allowlist: { mode: 'off', cidrs: [] } }, 11)
  expect(await answer()).toBe(200)
  expect(await edge.metrics.registry.metrics()).toMatch(/edge_not_in_allowlist_total\{admission="observed"\} 1/)
})

test.each([
  ['10.1.2.3', 'admitted'],
  ['11.1.2.3', 'refused'],
  ['2001:db8:1::7', 'admitted'],
  ['2001:db9::7', 'refused'],
  ['192.0.2.9', 'admitted'],
  ['not an address', 'refused'],
])('%s is %s', (ip, expected) => {
  const settings = { mode: 'enforce' as const, cidrs: ['10.0.0.0/8', '2001:db8::/32', '192.0.2.9', 'nonsense', '0.0.0.0/99'] }
  expect(createAllowlist()(settings, ip)).toBe(expected)
})
