import { type ChildProcess, fork } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { clickKey, outcomeKey } from '../../src/events/keys.ts'
import { sampleClick } from '../../src/events/samples.ts'
import { committedOffsets, logOffsets, partitionCounts } from '../../src/kafka/admin.ts'
import { type Codec, createCodec } from '../../src/kafka/codec.ts'
import { kafkaClient } from '../../src/kafka/connect.ts'
import { joinPartitionOf, partitionOf } from '../../src/kafka/partition.ts'
import { createProducer, type Producer } from '../../src/kafka/producer.ts'
import { select } from '../../src/store/select.ts'
import { brokers, client, registryUrl, unique, until } from './kafka-cluster.ts'
import { clickhouseUrl, type Database, openDatabase, PATHS, recordsOf } from './store-samples.ts'
import type { WorkerNews } from './store-worker.ts'

const workspace = unique('store')
const groupId = unique('store')
let db: Database
let codec: Codec
let producer: Producer
let partitions: number
const news: WorkerNews[] = []
let worker: ChildProcess | undefined

beforeAll(async () => {
  db = await openDatabase()
  const schema = (name: string) => JSON.parse(readFileSync(`schemas/${name}.avsc`, 'utf8'))
  codec = await createCodec({ registryUrl, schemas: { 'outcomes-value': schema('outcome'), 'clicks-value': schema('click') } })
  producer = await createProducer({ client, report: () => undefined })
  partitions = (await partitionCounts(client, ['outcomes'])).get('outcomes') ?? 0
})
afterAll(async () => {
  worker?.kill('SIGKILL')
  await producer.close()
  await db.close()
})

function startWorker(): void {
  const config = { brokers, registryUrl, clickhouseUrl, database: db.database, groupId }
  worker = fork('test/integration/store-worker.ts', [JSON.stringify(config)])
  worker.on('message', (message) => news.push(message as WorkerNews))
}
const killed = (child: ChildProcess | undefined) => {
  const gone = new Promise((resolve) => child?.once('exit', resolve))
  child?.kill('SIGKILL')
  return gone
}
const countOf = (kind: WorkerNews['kind']): number => news.filter((one) => one.kind === kind).length

/** Attribution reads the clicks too, but no postback has their ids. */
async function sendClick(n: number): Promise<void> {
  const click_id = `${workspace}-${n}`
  const click = sampleClick({ workspace_id: workspace, click_id, ids: [click_id], clicked_at: Date.now(), received_at: Date.now() })
  const key = clickKey(workspace, click_id)
  await producer.send({ topic: 'clicks', partition: joinPartitionOf(key, partitions), key, value: codec.encode('clicks-value', click) })
}
async function sendOutcomes(path: string): Promise<void> {
  const { outcomes } = recordsOf(PATHS[path] as (typeof PATHS)[string], { workspace_id: workspace, received_at: Date.now() })
  for (const outcome of outcomes) {
    const key = outcomeKey(workspace, outcome.postback_id)
    await producer.send({ topic: 'outcomes', partition: partitionOf(key, partitions), key, value: codec.encode('outcomes-value', outcome) })
  }
}
const count = async (from: string): Promise<number> => {
  const [row] = await select<{ n: number }>(db.client, `SELECT count() AS n FROM ${from} WHERE workspace_id = {ws:String}`, {
    ws: workspace,
  })
  return row?.n ?? 0
}

test('killed in the middle of flushes, the store ends with every record once', async () => {
  startWorker()
  let sent = 0
  let kills = 0
  const sending = (async () => {
    for (; kills < 3; sent++) await Promise.all([sendClick(sent), sendOutcomes('forwarded'), sendOutcomes('held_then_unmatched')])
  })()
  for (; kills < 3; kills++) {
    const before = countOf('flush')
    await until(() => countOf('flush') > before + 1)
    await killed(worker)
    startWorker()
  }
  await sending
  const wanted = {
    "(SELECT * FROM v_events WHERE status IN ('forwarded', 'unmatched'))": 2 * sent,
    ...{ v_clicks: sent, v_events: 2 * sent, v_deliveries: sent, v_attempts: 2 * sent, 'stages FINAL': 3 * sent },
  }
  // What one flush has written shows table by table.
  for (const [from, rows] of Object.entries(wanted)) await until(async () => (await count(from)) >= rows)
  for (const [from, rows] of Object.entries(wanted)) expect([from, await count(from)]).toEqual([from, rows])
  expect(news.filter((one) => one.kind === 'fatal')).toEqual([])
})

test('what cannot be read goes to dead, once and alone', async () => {
  const key = `${workspace}:${randomUUID()}`
  const partition = partitionOf(key, partitions)
  const poison = await producer.send({ topic: 'outcomes', partition, key, value: Buffer.from('not avro') })
  const { outcomes } = recordsOf(PATHS.held as (typeof PATHS)[string], { workspace_id: workspace, received_at: Date.now() })
  const [outcome] = outcomes
  if (outcome === undefined) throw new Error('the path has one')
  const unfit = await producer.send({
    topic: 'outcomes',
    partition,
    key,
    value: codec.encode('outcomes-value', { ...outcome, postback_id: 'not a uuid' }),
  })
  const before = await count('stages FINAL')
  await producer.send({ topic: 'outcomes', partition, key, value: codec.encode('outcomes-value', outcome) })
  await until(async () => (await count('stages FINAL')) === before + 1)
  const mine = news.filter((one) => one.kind === 'dead' && one.topic === 'outcomes' && one.partition === partition)
  expect(mine).toContainEqual({ kind: 'dead', topic: 'outcomes', partition, offset: poison.offset, error: expect.any(String) })
  expect(mine).toContainEqual({ kind: 'dead', topic: 'outcomes', partition, offset: unfit.offset, error: 'postback_id is not a UUID' })
})

test('a-reader-is-where-it-says: killed after ClickHouse had the records and before the group knew, the store tells the group where it is', async () => {
  const places = async (): Promise<(readonly [number, number])[]> => {
    const [ends, committed] = await Promise.all([logOffsets(client, 'outcomes'), committedOffsets(client, groupId, 'outcomes')])
    return [...ends].map(([partition, { end }]) => [end, committed.get(partition) ?? -1] as const)
  }
  const caughtUp = async () => (await places()).every(([end, committed]) => end === committed)
  await until(caughtUp)
  await killed(worker)
  const kafka = kafkaClient(client, {}).admin()
  await kafka.connect()
  // The group of a member that was killed is not empty before its session ends.
  await until(async () => (await kafka.describeGroups([groupId])).groups[0]?.state === 'Empty')
  await kafka.setOffsets({
    groupId,
    topic: 'outcomes',
    partitions: [...Array(partitions).keys()].map((partition) => ({ partition, offset: '0' })),
  })
  await kafka.disconnect()
  expect(await caughtUp()).toBe(false)
  startWorker()
  await until(caughtUp)
})

test('positions that are lost are made good by reading everything again, and nothing counts twice', async () => {
  await killed(worker)
  const tables = ['v_events', 'v_deliveries', 'v_attempts', 'v_clicks', 'stages FINAL']
  const counts = () => Promise.all(tables.map(count))
  const once = await counts()
  await db.client.command({ query: 'TRUNCATE TABLE sink_offsets' })
  const before = news.length
  startWorker()
  await until(() => news.slice(before).filter((one) => one.kind === 'start' && one.why === 'empty').length === 3 * partitions)
  await sendOutcomes('held')
  await until(async () => (await count('v_events')) === (once[0] ?? 0) + 1)
  expect(await counts()).toEqual(once.map((n, index) => (index === 0 || index === 4 ? n + 1 : n)))
})
