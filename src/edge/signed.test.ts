import { hash } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { shownSecret, signingSecret } from '../workspaces/signing-secret.ts'
import { key, NOW, RING, startEdge } from './edge-double.ts'

const PATH = '/api/v1/postback/conversions'
const BODY = '{"event":"Purchase","click_id":"c1","value":"12.5","currency":"EUR","transaction_id":"o1"}'
let edge: Awaited<ReturnType<typeof startEdge>>
beforeEach(async () => {
  edge = await startEdge()
})
afterEach(() => edge.close())

type Given = { source?: string; by?: number; version?: number; id?: string; at?: number; body?: string; query?: string; route?: string }
/** Signed with the secret of version `by`, under the key of `version`. */
const headersFor = ({ source = 'signing', by = 5, id = 'msg_1', at = NOW / 1_000, body = BODY }: Given = {}) => ({
  'content-type': 'application/json',
  'webhook-id': id,
  'webhook-timestamp': String(at),
  'webhook-signature': new Webhook(shownSecret(signingSecret('acme', source, by, RING))).sign(id, new Date(at * 1_000), body),
})
const post = (given: Given = {}, headers: Record<string, string> = headersFor(given)) =>
  fetch(`${edge.url}${PATH}${given.route ?? ''}?key=${key(given.source ?? 'signing', given.version ?? 5)}${given.query ?? ''}`, {
    method: 'POST',
    headers,
    body: given.body ?? BODY,
  })
const refused = async (response: Response, code: string) => {
  expect(response.status).toBe(401)
  expect(response.headers.get('www-authenticate')).toBe('StandardWebhooks')
  expect(await response.json()).toMatchObject({ code: 'unauthorized', errors: [{ code, expected: expect.any(String) }] })
}

test('a signed request of a backend is taken, under the name its sender gave it', async () => {
  expect((await post()).status).toBe(200)
  expect((await post()).status).toBe(200)
  expect((await post({ id: 'msg_2' })).status).toBe(200)
  const [first, again, other] = edge.postbacks().map((one) => one.message_id)
  expect(first).toMatch(/^[0-9a-f]{32}$/)
  expect(again).toBe(first)
  expect(other).not.toBe(first)
})

test.each([
  { by: 4, version: 5, status: 200 },
  { by: 5, version: 4, status: 200 },
  { by: 3, version: 5, status: 401 },
  { by: 6, version: 5, status: 401 },
])('during a rotation the secret of either version in force signs: $by under the key of $version', async ({ by, version, status }) => {
  expect((await post({ by, version })).status).toBe(status)
})

test('what is not signed, signed for another body, too old, or has parameters outside of it is refused and seen', async () => {
  await refused(await post({}, { 'content-type': 'application/json' }), 'signature_missing')
  await refused(await post({ body: BODY.replace('12.5', '99') }, headersFor()), 'signature_mismatch')
  await refused(await post({ at: NOW / 1_000 - 301 }), 'timestamp_too_old')
  await refused(await post({ query: '&value=99' }), 'not_signed')
  await refused(await fetch(`${edge.url}${PATH}?key=${key('signing', 5)}&event=Lead&click_id=c1`), 'signature_missing')
  expect(edge.postbacks()).toHaveLength(5)
  for (const row of edge.postbacks()) expect(row).toMatchObject({ quarantined: 'unreadable', reading: { click_id: null }, raw: {} })
})

test('a source that need not be signed is checked all the same when it is', async () => {
  expect((await post({ source: 'backend', version: 1 }, { 'content-type': 'application/json' })).status).toBe(200)
  expect((await post({ source: 'backend', version: 1, by: 1 })).status).toBe(200)
  await refused(await post({ source: 'backend', version: 1, by: 2 }), 'signature_mismatch')
  expect((await post({ source: 'tracker', version: 1, by: 2 })).status).toBe(200)
})

test('a batch is signed as a whole, and each item has a name of its own', async () => {
  const body = `[${BODY},${BODY}]`
  expect((await post({ body, route: '/batch' })).status).toBe(200)
  const [first, second] = edge.postbacks().map((one) => one.message_id)
  expect([first?.endsWith('.0'), second?.endsWith('.1'), first?.slice(0, -2) === second?.slice(0, -2)]).toEqual([true, true, true])
  await refused(await post({ body: `[${BODY}]`, route: '/batch' }, headersFor({ body })), 'signature_mismatch')
})

test('an Idempotency-Key names the message of any sender, apart from names that were signed', async () => {
  const named = { 'content-type': 'application/json', 'idempotency-key': 'msg_1' }
  await post({ source: 'tracker', version: 1 }, named)
  await post({ source: 'tracker', version: 1 }, named)
  await post({ source: 'backend', version: 1 }, named)
  await post({ source: 'backend', version: 1, by: 1 })
  await post({ source: 'tracker', version: 1 }, { 'content-type': 'application/json' })
  const ids = edge.postbacks().map((one) => one.message_id)
  expect(ids[0]).toBe(ids[1])
  expect(new Set(ids).size).toBe(4)
  expect(ids.at(-1)).toBeNull()
})

test('sent-twice-lands-together: the same message has one key in the log, also where each postback is a conversion of its own', async () => {
  const own = await startEdge({
    partitionOf: (text, partitions) => Number.parseInt(hash('sha256', text, 'hex').slice(0, 8), 16) % partitions,
  })
  const body = '{"event":"Purchase","ttclid":"E.C.P.x","value":"1","currency":"EUR"}'
  for (let n = 0; n < 6; n++)
    await fetch(`${own.url}${PATH}?key=${key('every', 1)}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': 'm1' },
      body,
    })
  expect(new Set(own.sent.map(({ partition }) => partition)).size).toBe(1)
  expect(new Set(own.postbacks().map(({ reading }) => reading.event_id)).size).toBe(1)
  await own.close()
})
