import { type ChildProcess, fork } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { committedOffsets } from '../../src/kafka/admin.ts'
import { createProducer } from '../../src/kafka/producer.ts'
import { chance } from '../chaos/scenario.ts'
import { brokers, client, newTopic, readAll, unique, until } from '../integration/kafka-cluster.ts'
import type { WorkerNews } from '../integration/kafka-worker.ts'
import { openTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts'

const PARTITIONS = 4
const ROUNDS = 50
const PER_ROUND = 40
/** Longer than the client waits for an answer. */
const TOO_LATE_MS = 6_000
const cleanups: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

/** Whose connections to the broker go through the proxy; it is started again whenever it ends. */
function workerThrough(proxy: TcpProxy, config: object): { batches: () => number; deaths: () => number } {
  let [batches, deaths, ended] = [0, 0, false]
  let child: ChildProcess
  const start = (): void => {
    child = fork(new URL('../integration/kafka-worker.ts', import.meta.url), [JSON.stringify({ brokers, ...config })], {
      execArgv: ['--import', new URL('../support/through-proxy.ts', import.meta.url).href],
      env: { ...process.env, THROUGH_PROXY: `${brokers[0]?.split(':')[1]}:${proxy.port}` },
    })
    child.on('message', (news: WorkerNews) => {
      if (news.kind === 'batch') batches++
    })
    child.on('exit', () => {
      if (ended) return
      deaths++
      start()
    })
  }
  start()
  cleanups.push(() => {
    ended = true
    child.kill('SIGKILL')
  })
  return { batches: () => batches, deaths: () => deaths }
}

/** One of the ways a network fails, for a moment. */
async function fail(proxy: TcpProxy, round: number): Promise<string> {
  const kind = ['cut', 'slow', 'mute', 'too late'][Math.floor(chance(1, round, 31) * 4)] ?? 'cut'
  if (kind === 'cut') proxy.cut()
  if (kind === 'slow') proxy.delay(20 + 400 * chance(1, round, 32))
  if (kind === 'mute') proxy.silence()
  // Every fifth of these only, since each takes as long as the client is patient.
  if (kind === 'too late') proxy.delay(round % 5 === 0 ? TOO_LATE_MS : 1_000)
  await sleep(kind === 'cut' ? 50 : kind === 'too late' && round % 5 === 0 ? TOO_LATE_MS + 1_000 : 300 + 700 * chance(1, round, 33))
  proxy.heal()
  return kind
}

test('all or nothing: a network that is slow, mute or cut amid transactions leaves none of them in part, and no offset astray', async () => {
  const [input, output] = [await newTopic('net-in', PARTITIONS), await newTopic('net-out', PARTITIONS)]
  const groupId = unique('net')
  const proxy = await openTcpProxy(Number(brokers[0]?.split(':')[1]))
  cleanups.push(() => proxy.close())
  const worker = workerThrough(proxy, { input, output, groupId, instanceId: 'n-0' })
  // One record batch, which is one transaction at the least, for each partition in turn.
  const producer = await createProducer({ client, report: () => undefined, batchMaxRecords: 5 })
  cleanups.push(() => producer.close())
  const sent: string[] = []
  const failures: Record<string, number> = {}
  for (let round = 0; round < ROUNDS; round++) {
    const values = Array.from({ length: PER_ROUND }, (_, index) => `${index % PARTITIONS}:${round}.${index}`)
    await producer.sendAll(
      values.map((value, index) => ({ topic: input, partition: index % PARTITIONS, key: null, value: Buffer.from(value) })),
    )
    sent.push(...values)
    const before = worker.batches()
    await until(() => worker.batches() > before)
    await sleep(20 * chance(1, round, 34))
    const kind = await fail(proxy, round)
    failures[kind] = (failures[kind] ?? 0) + 1
  }
  const committed = async (): Promise<number> =>
    [...(await committedOffsets(client, groupId, input)).values()].reduce((sum, offset) => sum + Math.max(0, offset), 0)
  await until(async () => (await committed()) === sent.length)
  console.log(JSON.stringify({ failures, restarts: worker.deaths(), batches: worker.batches(), records: sent.length }))

  const read = await readAll(output)
  const values = read.map(({ value }) => String(value))
  expect(values.toSorted()).toEqual(sent.toSorted())
  for (let partition = 0; partition < PARTITIONS; partition++) {
    const inOrder = sent.filter((value) => value.startsWith(`${partition}:`))
    expect(read.filter((one) => one.partition === partition).map(({ value }) => String(value))).toEqual(inOrder)
  }
}, 600_000)
