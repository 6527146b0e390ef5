import { fork } from 'node:child_process'
import { expect, test } from 'vitest'
import { committedOffsets, describeTopics, logOffsets, partitionCounts, topicConfigs } from '../../src/kafka/admin.ts'
import { runConsumer } from '../../src/kafka/consume.ts'
import { createProducer } from '../../src/kafka/producer.ts'
import { readTable } from '../../src/kafka/table.ts'
import { waitForBroker } from '../../src/kafka/wait.ts'
import { brokers, client, newTopic, unique, until } from './kafka-cluster.ts'

const quiet = {
  report: () => undefined,
  onFatal: (error: unknown) => {
    throw error
  },
}

test('offset-moves-after-it-is-stored: what a stopped consumer had not stored comes again, nothing else', async () => {
  const topic = await newTopic('consume', 2)
  const groupId = unique('consume')
  const producer = await createProducer({ client, report: () => undefined })
  const send = (value: string, partition: number) => producer.send({ topic, partition, key: null, value: Buffer.from(value) })
  await send('a', 0)
  await send('b', 1)
  const stored: string[] = []
  let stuck = 0
  const first = await runConsumer({
    ...quiet,
    client,
    groupId,
    instanceId: 'c-0',
    topics: [topic],
    onBatch: async ({ records }) => {
      if (records.some(({ value }) => String(value) === 'b')) {
        stuck++
        await released.promise
        return
      }
      stored.push(...records.map(({ value }) => String(value)))
    },
  })
  const released = Promise.withResolvers<void>()
  await until(async () => stuck === 1 && (await committedOffsets(client, groupId, topic)).get(0) === 1)
  expect((await committedOffsets(client, groupId, topic)).get(1)).toBe(-1)
  const stopping = first.stop()
  released.resolve()
  await stopping

  const again: string[] = []
  const second = await runConsumer({
    ...quiet,
    client,
    groupId,
    instanceId: 'c-0',
    topics: [topic],
    onBatch: async ({ records }) => void again.push(...records.map(({ value }) => String(value))),
  })
  await send('c', 0)
  await until(() => again.includes('c') && again.includes('b'))
  expect(again.toSorted()).toEqual(['b', 'c'])
  expect(stored).toEqual(['a'])
  await second.stop({ leave: true })
  await producer.close()
})

test('a table is whole when it has caught up, goes on following, and gives tombstones', async () => {
  const topic = await newTopic('table', 1, { 'cleanup.policy': 'compact' })
  const producer = await createProducer({ client, report: () => undefined })
  const put = (key: string, value: string | null) =>
    producer.send({ topic, partition: 0, key, value: value === null ? null : Buffer.from(value) })
  await put('a', '1')
  await put('b', '1')
  const copy = new Map<string, string>()
  const table = await readTable({
    ...quiet,
    client,
    topic,
    groupId: unique('table'),
    instanceId: 't-0',
    onRecord: ({ key, value }) => {
      if (value === null) copy.delete(String(key))
      else copy.set(String(key), String(value))
    },
  })
  await table.caughtUp
  expect([...copy]).toEqual([
    ['a', '1'],
    ['b', '1'],
  ])
  expect(table.appliedOffset()).toBe(1)
  await put('a', '2')
  const { offset } = await put('b', null)
  await until(() => table.appliedOffset() >= offset)
  expect([...copy]).toEqual([['a', '2']])
  await table.stop()
  await producer.close()
})

test('a-table-outlives-its-membership: another that takes its id is told, and the table goes on where it stood', async () => {
  const topic = await newTopic('table', 1, { 'cleanup.policy': 'compact' })
  const groupId = unique('table')
  const producer = await createProducer({ client, report: () => undefined })
  const put = (key: string) => producer.send({ topic, partition: 0, key, value: Buffer.from(key) })
  const [seen, told, faults]: [string[], string[], unknown[]] = [[], [], []]
  const output = await newTopic('table-copy', 1)
  await put('a')
  const table = await readTable({
    ...{ client, topic, groupId, instanceId: 't-0' },
    onRecord: ({ key, offset }) => void seen.push(`${key}/${offset}`),
    report: (_level, _fields, message) => void told.push(message),
    onFatal: (error) => void faults.push(error),
  })
  await table.caughtUp
  const config = { brokers, input: topic, output, groupId, instanceId: 't-0', coPartitioned: false, guarantee: 'at_least_once' }
  const other = fork(new URL('./kafka-worker.ts', import.meta.url), [JSON.stringify(config)], { execArgv: [] })
  try {
    await until(() => told.includes('kafka.table_reopens') || faults.length > 0)
  } finally {
    other.kill('SIGKILL')
  }
  const { offset } = await put('b')
  await until(() => table.appliedOffset() >= offset || faults.length > 0)
  expect(faults).toEqual([])
  expect(seen).toEqual(['a/0', `b/${offset}`])
  await table.stop()
  await producer.close()
})

test('an empty table has caught up at once', async () => {
  const topic = await newTopic('empty', 1)
  const table = await readTable({ ...quiet, client, topic, groupId: unique('empty'), instanceId: 't-0', onRecord: () => undefined })
  await table.caughtUp
  expect(table.appliedOffset()).toBe(-1)
  await table.stop()
})

test('topics are made with their settings and told as they are', async () => {
  const topic = await newTopic('admin', 3, { 'retention.ms': '86400000' })
  await waitForBroker(client, { timeoutMs: 5_000 })
  expect((await describeTopics(client, [topic, `${topic}.missing`])).get(topic)).toEqual({
    name: topic,
    partitions: 3,
    replicationFactor: 1,
  })
  expect((await topicConfigs(client, [topic])).get(topic)).toMatchObject({ 'retention.ms': '86400000' })
  expect(await logOffsets(client, topic)).toEqual(new Map([0, 1, 2].map((partition) => [partition, { start: 0, end: 0 }])))
  await expect(partitionCounts(client, [topic, `${topic}.missing`])).rejects.toMatchObject({ code: 'topic_missing' })
  const nowhere = { ...client, brokers: ['127.0.0.1:1'] }
  await expect(waitForBroker(nowhere, { timeoutMs: 200 })).rejects.toMatchObject({ code: 'broker_unreachable' })
})
