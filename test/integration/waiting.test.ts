import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { postbackKey } from '../../src/events/keys.ts'
import { samplePostback } from '../../src/events/samples.ts'
import { partitionCounts } from '../../src/kafka/admin.ts'
import { type Codec, createCodec } from '../../src/kafka/codec.ts'
import { joinPartitionOf } from '../../src/kafka/partition.ts'
import { createProducer, type Producer } from '../../src/kafka/producer.ts'
import type { Stack } from '../../src/local/stack-file.ts'
import { api, settled } from '../support/run-through.ts'
import { ownWorkspace, sourceOf } from '../support/workspace.ts'
import { client, registryUrl } from './kafka-cluster.ts'

type Detail = { status: string; why?: string; click: { click_id: string } | null; timeline: { at: string; stage: string; why?: string }[] }
let codec: Codec
let producer: Producer
let partitions: number

beforeAll(async () => {
  codec = await createCodec({ registryUrl, schemas: { 'postbacks-value': JSON.parse(readFileSync('schemas/postback.avsc', 'utf8')) } })
  producer = await createProducer({ client, report: () => undefined })
  partitions = (await partitionCounts(client, ['postbacks'])).get('postbacks') ?? 0
})
afterAll(() => producer.close())

const clicked = async (stack: Stack, click_id: string) => {
  const headers = { authorization: `Bearer ${stack.workspace.api_key}`, 'content-type': 'application/json' }
  const response = await fetch(`${stack.edge_url}/api/v1/clicks`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ click_id, fbclid: 'IwARwait', client_ip: '203.0.113.5', client_user_agent: 'UA' }),
  })
  expect(response.status).toBe(200)
}
const detail = (stack: Stack, id: string) => api<Detail>(stack, `/api/v1/postback/events/${id}`)

test('what the limit deferred is released in its order, also by a worker that was killed meanwhile', async () => {
  // Two a second in each partition.
  const stack = await ownWorkspace(inject('stack') as Stack, { rate_limit_per_min: partitions * 120 })
  const clickId = `wait${Date.now().toString(36)}`
  await clicked(stack, clickId)
  const source = sourceOf(stack, 'generic')
  const sent: string[] = []
  for (let n = 0; n < 20; n++) {
    const postback = samplePostback({
      postback_id: randomUUID(),
      workspace_id: stack.workspace.id,
      source_id: source.id,
      tracker: 'generic',
      received_at: Date.now(),
      lane: n % 5 === 4 ? 'live' : 'deferred',
      reading: { click_id: clickId, transaction_id: `t${n}`, event_id: `e${n}` },
    })
    const { key, partitionKey } = postbackKey(postback)
    const value = codec.encode('postbacks-value', postback)
    await producer.send({ topic: 'postbacks', partition: joinPartitionOf(partitionKey, partitions), key, value })
    sent.push(postback.postback_id)
  }
  await settled(
    () => detail(stack, sent[2] ?? ''),
    ({ timeline }) => timeline.some(({ stage }) => stage === 'matched'),
    60_000,
  )
  const { pids } = JSON.parse(readFileSync(inject('stackFile'), 'utf8')) as Stack
  process.kill(pids.attribution[0] ?? Number.NaN, 'SIGKILL')

  const last = await settled(
    () => detail(stack, sent.at(-1) ?? ''),
    ({ status, timeline }) => status === 'forwarded' && timeline.some(({ stage }) => stage === 'matched'),
    90_000,
  )
  expect(last.timeline.map(({ stage }) => stage)).toEqual(expect.arrayContaining(['received', 'deferred', 'matched']))
  const matches = async (id: string) => (await detail(stack, id)).timeline.filter(({ stage }) => stage === 'matched').map(({ at }) => at)
  // What one flush has written shows table by table.
  const matchedAt = await settled(
    () => Promise.all(sent.map(matches)),
    (all) => all.every((times) => times.length > 0),
    20_000,
  )
  expect(matchedAt.map((times) => times.length)).toEqual(sent.map(() => 1))
  expect(matchedAt.flat()).toEqual(matchedAt.flat().toSorted())
})

test('a refund that names its transaction alone waits for the sale, and is met by it', async () => {
  const stack = await ownWorkspace(inject('stack') as Stack)
  const id = `sale${Date.now().toString(36)}`
  const source = sourceOf(stack, 'generic', 'backend')
  const send = async (fields: object) => {
    const headers = { 'content-type': 'application/json' }
    const body = JSON.stringify({ event: 'Purchase', transaction_id: id, value: '5', currency: 'USD', ...fields })
    const response = await fetch(source.postback_url, { method: 'POST', headers, body })
    expect(response.status).toBe(200)
    return ((await response.json()) as { postback_id: string }).postback_id
  }
  const status = (postbackId: string, ...wanted: string[]) =>
    settled(
      () => detail(stack, postbackId),
      (event) => wanted.includes(event.status),
      60_000,
    )

  const refund = await send({ status: 'refund' })
  expect(await status(refund, 'held')).toMatchObject({ status: 'held', why: 'no_click_id' })
  await clicked(stack, id)
  const sale = await send({ click_id: id, status: 'approved' })
  expect(await status(sale, 'forwarded')).toMatchObject({ status: 'forwarded' })
  expect(await status(refund, 'matched', 'forwarded')).toMatchObject({ status: 'matched', click: { click_id: id } })
  expect(await status(await send({ status: 'approved' }), 'duplicate', 'matched')).toMatchObject({ status: 'duplicate' })
})
