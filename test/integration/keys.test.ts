import { randomUUID } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { samplePostback } from '../../src/events/samples.ts'
import type { Stack, StackSource } from '../../src/local/stack-file.ts'
import { api, settled } from '../support/run-through.ts'
import { openTopicWriter, type TopicWriter } from '../support/topic-writer.ts'
import { call, ownWorkspace } from '../support/workspace.ts'

/** What design promises of every setting. */
const EVERYWHERE_WITHIN_MS = 5_000
type Source = StackSource & { signing_secret: string | null; key_versions: { version: number; state: string }[] }
type Detail = { status: string; why?: string }

let stack: Stack
let writer: TopicWriter
let serial = 0
const fresh = () => `key${Date.now().toString(36)}x${++serial}`

beforeAll(async () => {
  stack = await ownWorkspace(inject('stack') as Stack)
  writer = await openTopicWriter(stack, ['postbacks'])
})
afterAll(() => writer.close())

const create = (more: object = {}) =>
  call<Source>(stack, 'POST', '/api/v1/sources', stack.workspace.api_key, {
    kind: 'tracker',
    tracker: 'generic',
    name: 'leaked',
    ...more,
  })
const act = (source: Source, action: 'rotate' | 'revoke', body: object = {}) =>
  call<Source>(stack, 'POST', `/api/v1/sources/${source.id}/${action}`, stack.workspace.api_key, body)
const statusOf = async (url: string) => (await fetch(url, { redirect: 'manual' })).status
const sends = (source: Source) => statusOf(`${source.postback_url}&event=Lead&click_id=${fresh()}`)
const within = (ask: () => Promise<unknown>, expected: unknown) =>
  settled(ask, (seen) => JSON.stringify(seen) === JSON.stringify(expected), EVERYWHERE_WITHIN_MS)
const detail = (id: string, status: string) =>
  settled(
    () => api<Detail>(stack, `/api/v1/postback/events/${id}`).catch((): Detail => ({ status: 'not there yet' })),
    (event) => event.status === status,
    30_000,
  )

/** As an edge would write it that has not heard of the revocation. */
async function behindTheDoor(source: Source, version: number): Promise<string> {
  const [postback_id, click_id] = [randomUUID(), fresh()]
  const { id: workspace_id } = stack.workspace
  const postback = samplePostback({
    ...{ postback_id, workspace_id, source_id: source.id, key_version: version, received_at: Date.now(), tracker: 'generic' },
    reading: { click_id, event_id: randomUUID(), event: 'Lead' },
  })
  await writer.write('postbacks', `${workspace_id}:c:${click_id}`, postback)
  return postback_id
}

test('a leaked key: the new one works at once, the old one until the end of the overlap, and a revoked one nowhere within 5 s', async () => {
  const leaked = await create()
  expect(await within(() => sends(leaked), 200)).toBe(200)
  const rotated = await act(leaked, 'rotate', { overlap_days: 1 })
  expect(rotated.key).not.toBe(leaked.key)
  expect(await within(async () => [await sends(rotated), await sends(leaked)], [200, 200])).toEqual([200, 200])
  const accepted = await behindTheDoor(leaked, 1)
  expect((await detail(accepted, 'held')).status).toBe('held')

  const usedVersions = async () => {
    const { items } = await api<{ items: { version: number; last_used_at: string | null }[] }>(stack, `/api/v1/sources/${leaked.id}/keys`)
    return items.flatMap(({ version, last_used_at }) => (last_used_at === null ? [] : [version]))
  }
  expect(await settled(usedVersions, (versions) => versions.length === 2, 30_000)).toEqual([1, 2])

  await act(leaked, 'revoke', { version: 1 })
  const target = encodeURIComponent('https://example.com/offer')
  const doors = async () => [
    await sends(leaked),
    await statusOf(`${leaked.click_url}?to=${target}`),
    await statusOf(`${stack.edge_url}/pixel.js?key=${leaked.click_key}`),
    await sends(rotated),
    await statusOf(`${rotated.click_url}?to=${target}`),
  ]
  expect(await within(doors, [404, 404, 404, 200, 302])).toEqual([404, 404, 404, 200, 302])
  expect(await detail(await behindTheDoor(leaked, 1), 'quarantined')).toMatchObject({ status: 'quarantined', why: 'source_revoked' })
  expect((await detail(await behindTheDoor(leaked, 2), 'held')).status).toBe('held')
})

test('a rotation without overlap ends the old key within 5 s', async () => {
  const source = await create()
  expect(await within(() => sends(source), 200)).toBe(200)
  const rotated = await act(source, 'rotate', { overlap_days: 0 })
  expect(await within(async () => [await sends(source), await sends(rotated)], [404, 200])).toEqual([404, 200])
})

test('a backend that signs: taken, a replay counts once even where every postback does, forged and late ones are refused and seen', async () => {
  const source = await create({ kind: 'backend', require_signature: true, dedupe: { '*': 'every' } })
  const url = source.postback_url
  const send = (body: string, id: string, signed = body, at = new Date()) =>
    fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'webhook-id': id,
        'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
        'webhook-signature': new Webhook(source.signing_secret ?? '').sign(id, at, signed),
      },
      body,
    })
  const body = JSON.stringify({ event: 'Purchase', value: '5', currency: 'USD', ttclid: `E.C.P.${fresh()}` })
  const idOf = async (response: Response) => ((await response.json()) as { postback_id: string }).postback_id
  expect(await within(async () => (await fetch(url, { method: 'POST', body })).status, 401)).toBe(401)

  const first = await send(body, 'msg_1')
  expect(first.status).toBe(200)
  const [again, other] = [await send(body, 'msg_1'), await send(body, 'msg_2')]
  expect([again.status, other.status]).toEqual([200, 200])
  expect((await detail(await idOf(first), 'forwarded')).status).toBe('forwarded')
  expect((await detail(await idOf(again), 'duplicate')).status).toBe('duplicate')
  expect((await detail(await idOf(other), 'forwarded')).status).toBe('forwarded')

  const forged = await send(body.replace('"5"', '"500"'), 'msg_3', body)
  const late = await send(body, 'msg_1', body, new Date(Date.now() - 301_000))
  expect([forged.status, late.status]).toEqual([401, 401])
  expect((await detail(await idOf(forged), 'quarantined')).why).toBe('unreadable')

  const rotated = await act(source, 'rotate', { overlap_days: 1 })
  expect(rotated.signing_secret).not.toBe(source.signing_secret)
  expect((await send(body, 'msg_4')).status).toBe(200)
  await act(source, 'revoke', { version: 1 })
  expect(await within(async () => (await send(body, 'msg_5')).status, 404)).toBe(404)
})
