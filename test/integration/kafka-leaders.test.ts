import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { committedOffsets, createTopics } from '../../src/kafka/admin.ts'
import { type KafkaSettings, kafkaClient } from '../../src/kafka/connect.ts'
import { runConsumer } from '../../src/kafka/consume.ts'
import { createOutputs } from '../../src/kafka/outputs.ts'
import { createProducer } from '../../src/kafka/producer.ts'
import type { OutRecord } from '../../src/kafka/record.ts'
import { createTransactions } from '../../src/kafka/transactions.ts'
import type { Part } from '../../src/local/part.ts'
import { freeBlock } from '../stack.ts'
import { ownBrokers } from '../support/own-brokers.ts'
import { readAll, unique, until, valuesOf } from './kafka-cluster.ts'
import { startProbe } from './kafkajs-probes.ts'

/** Brokers killed one after another under load; a long run: `KAFKA_KILLS=40 npx vitest run --project integration kafka-leaders`. */
const KILLS = Number(process.env.KAFKA_KILLS ?? 3)
const PARTITIONS = 12
const SENDS_SIDE_BY_SIDE = 40
/** Between two kills, at least. */
const ACKNOWLEDGED = 400
const COMMITTED = 8

let dataDir: string
let cluster: Part
let client: KafkaSettings
beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'leaders-'))
  cluster = await ownBrokers(3, await freeBlock(6), dataDir)
  client = { brokers: cluster.address.split(','), clientId: 'leaders-test', report: () => undefined }
})
afterAll(async () => {
  await cluster?.stop()
  rmSync(dataDir, { recursive: true, force: true })
})

async function newTopic(name: string, partitions: number): Promise<string> {
  const topic = unique(name)
  await createTopics(client, [{ name: topic, partitions, replicationFactor: 3, config: { 'min.insync.replicas': '2' } }])
  return topic
}

/** Partition 0 led by the first broker and partition 1 by the second, one replica each. */
async function ledByTwo(): Promise<{ topic: string; move(): Promise<void>; [Symbol.asyncDispose](): Promise<void> }> {
  const admin = kafkaClient(client).admin()
  await admin.connect()
  const { brokers } = await admin.describeCluster()
  const [first, second] = brokers.map(({ nodeId }) => nodeId).sort()
  if (first === undefined || second === undefined) throw new Error('there are three brokers')
  const topic = unique('two-leaders')
  const leaders = async () => (await admin.fetchTopicMetadata({ topics: [topic] })).topics[0]?.partitions.map(({ leader }) => leader)
  const replicaAssignment = [first, second].map((nodeId, partition) => ({ partition, replicas: [nodeId] }))
  await admin.createTopics({ waitForLeaders: false, topics: [{ topic, replicaAssignment }] })
  await until(() =>
    leaders().then(
      (found) => found?.length === 2 && found.every((leader) => leader >= 0),
      () => false,
    ),
  )
  return {
    topic,
    async move() {
      const log = join(dataDir, `kafka-${second}`, 'log', `${topic}-1`)
      expect(existsSync(log)).toBe(true)
      await admin.alterPartitionReassignments({ topics: [{ topic, partitionAssignment: [{ partition: 1, replicas: [first] }] }] })
      await until(async () => (await leaders())?.every((leader) => leader === first) === true)
      // Whoever led it before would take a write, and lose it, until he has heard of it too.
      await until(() => !existsSync(log))
    },
    [Symbol.asyncDispose]: () => admin.disconnect(),
  }
}

test.each([
  { name: 'stock acknowledges the send and has not written it', patched: false, acknowledged: [0], log: ['a0', 'a1', 'b0'] },
  { name: 'ours writes it where the leader is now', patched: true, acknowledged: [0, 1], log: ['a0', 'a1', 'b0', 'b1'] },
])('no-ack-without-a-write: a leader moves to a broker that has answered; $name', async ({ patched, acknowledged, log }) => {
  await using led = await ledByTwo()
  using probe = startProbe({ patched, brokers: client.brokers, topic: led.topic, probe: 'two leaders' })
  await until(() => probe.of('ready').length === 1)
  await led.move() // and its producer is not told
  probe.goOn()
  await until(() => probe.of('acknowledged').length + probe.of('failed').length === 2)
  expect(probe.of('failed')).toEqual([])
  expect(probe.of('acknowledged')[1]?.partitions.toSorted()).toEqual(acknowledged)
  expect((await valuesOf(led.topic, client)).toSorted()).toEqual(log)
})

test.each([
  { name: 'stock acknowledges one it has not written and writes another twice', patched: false, logs: ['A A B', 'A A C'] },
  { name: 'ours writes each once', patched: true, logs: ['A B C'] },
])('sequence-stays-with-its-batch: an answer is lost while other sends wait; $name', async ({ patched, logs }) => {
  const topic = await newTopic('lost-answer', 1)
  using probe = startProbe({ patched, brokers: client.brokers, topic, probe: 'lost answer' })
  await until(() => probe.of('ready').length === 1)
  expect(probe.of('acknowledged')).toHaveLength(3)
  expect(logs).toContain((await valuesOf(topic, client)).toSorted().join(' '))
})

/** Runs `faults` and calls `send` again and again meanwhile, so many side by side. */
async function under(faults: Promise<void>, sideBySide: number, send: (n: number) => Promise<void>): Promise<void> {
  let over = false
  const ended = faults.finally(() => {
    over = true
  })
  let n = 0
  const loop = async (): Promise<void> => {
    while (!over) {
      await send(n++)
      await sleep(5)
    }
  }
  await Promise.all(Array.from({ length: sideBySide }, loop))
  await ended
}

/** One after the other, each once `more` has been done since the last. */
async function killBrokers(kills: number, more: number, done: () => number): Promise<void> {
  for (let kill = 0; kill < kills; kill++) {
    const before = done()
    await sleep(3_000)
    await until(() => done() >= before + more)
    const victim = kill % 3
    const pid = cluster.pids?.[victim] ?? Number.NaN
    process.kill(pid, 'SIGKILL')
    await until(() => cluster.pids?.[victim] !== pid)
  }
  await sleep(2_000)
}
/** Long enough for the others to lead what it led; its connections stay open, and it answers again when it wakes. */
async function pauseBrokers(): Promise<void> {
  for (const pid of cluster.pids ?? []) {
    process.kill(pid, 'SIGSTOP')
    await sleep(12_000)
    process.kill(pid, 'SIGCONT')
    await sleep(4_000)
  }
}
const record = (topic: string, partition: number, value: string): OutRecord => ({ topic, partition, key: null, value: Buffer.from(value) })

test('no-ack-without-a-write: brokers are killed under sends of twelve partitions, forty side by side', async () => {
  const topic = await newTopic('loss', PARTITIONS)
  const producer = await createProducer({ client, report: () => undefined })
  const acknowledged: { partition: number; offset: number; value: string }[] = []
  let refused = 0
  await under(
    killBrokers(KILLS, ACKNOWLEDGED, () => acknowledged.length),
    SENDS_SIDE_BY_SIDE,
    async (n) => {
      await Promise.all(
        Array.from({ length: PARTITIONS }, async (_, partition) => {
          const value = `${n}:${partition}`
          await producer.send(record(topic, partition, value)).then(
            ({ offset }) => acknowledged.push({ partition, offset, value }),
            () => refused++,
          )
        }),
      )
    },
  )
  await producer.close()
  const log = new Map((await readAll(topic, client)).map(({ partition, offset, value }) => [`${partition}/${offset}`, String(value)]))
  const doubled = log.size - new Set(log.values()).size
  console.log(`${KILLS} kills: ${acknowledged.length} acknowledged, ${refused} refused, ${log.size} in the log, ${doubled} of them twice`)
  expect(acknowledged.length).toBeGreaterThanOrEqual(KILLS * ACKNOWLEDGED)
  expect(acknowledged.filter(({ partition, offset, value }) => log.get(`${partition}/${offset}`) !== value)).toEqual([])
}, 600_000)

test('all-or-nothing: brokers are killed under transactions, which end whole or make the process end', async () => {
  const topic = await newTopic('all-or-nothing', PARTITIONS)
  const transactionalId = unique('killed')
  const groupId = unique('group')
  const nobody = { generationId: -1, memberId: '', instanceId: null }
  let transactions = await createTransactions({ client, groupId, transactionalId, topics: [topic] })
  const committed: number[] = []
  let ended = 0
  await under(
    killBrokers(KILLS, COMMITTED, () => committed.length),
    1,
    async (n) => {
      const records = Array.from({ length: PARTITIONS }, (_, partition) => record(topic, partition, String(n)))
      try {
        await transactions.commit({ outputs: [createOutputs(records)], offsets: new Map([[topic, new Map([[0, n + 1]])]]), member: nobody })
        committed.push(n)
      } catch {
        ended++ // what a process does: the next one fences it under the same id
        await transactions.close().catch(() => undefined)
        for (let made = false; !made; ) {
          await createTransactions({ client, groupId, transactionalId, topics: [topic] }).then(
            (next) => {
              transactions = next
              made = true
            },
            () => sleep(200),
          )
        }
      }
    },
  )
  await transactions.close()
  const values = await valuesOf(topic, client)
  const counts = Map.groupBy(values, (value) => Number(value))
  console.log(`${KILLS} kills: ${committed.length} transactions committed, ${ended} ended with the process, ${counts.size} in the log`)
  expect(committed.length).toBeGreaterThanOrEqual(KILLS * COMMITTED)
  expect(committed.filter((n) => !counts.has(n))).toEqual([])
  expect([...counts].filter(([, all]) => all.length !== PARTITIONS)).toEqual([])
  expect((await committedOffsets(client, groupId, topic)).get(0)).toBe(Math.max(...counts.keys()) + 1)
}, 600_000)

test('a-group-follows-its-coordinator: every broker sleeps in turn until the others have taken over, and what is read is committed all the same', async () => {
  const topic = await newTopic('coordinator', PARTITIONS)
  const groupId = unique('follows')
  const producer = await createProducer({ client, ackTimeoutMs: 60_000, report: () => undefined })
  const faults: unknown[] = []
  const begin = () =>
    runConsumer({
      ...{ client, groupId, instanceId: 'reader', topics: [topic], onBatch: () => Promise.resolve(), report: () => undefined },
      onFatal(error) {
        // A broker that wakes may carry out what this member had asked before, as if it came from another: the process ends, and the
        // next one comes under its name.
        if (/same group instance id/.test(String(error))) consumer = consumer.then((fenced) => fenced.stop()).then(begin)
        else faults.push(error)
      },
    })
  let consumer = begin()
  await (await consumer).ready
  let sent = 0
  await under(pauseBrokers(), 1, async (n) => {
    await Promise.all(Array.from({ length: PARTITIONS }, (_, partition) => producer.send(record(topic, partition, String(n)))))
    sent++
    await sleep(50)
  })
  const isCommitted = async () => [...(await committedOffsets(client, groupId, topic)).values()].every((offset) => offset >= sent)
  await until(async () => faults.length > 0 || (await isCommitted()))
  await (await consumer).stop({ leave: true })
  await producer.close()
  expect(faults).toEqual([])
}, 150_000)
