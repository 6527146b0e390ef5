import { expect, test } from 'vitest'
import { committedOffsets } from '../../src/kafka/admin.ts'
import { kafkaClient } from '../../src/kafka/connect.ts'
import { runConsumer } from '../../src/kafka/consume.ts'
import { createProducer } from '../../src/kafka/producer.ts'
import { createReader } from '../../src/kafka/reader.ts'
import { runStream } from '../../src/kafka/stream.ts'
import { client, newTopic, unique, until } from './kafka-cluster.ts'

async function feed(topic: string, from: number, to: number): Promise<void> {
  const producer = await createProducer({ client, report: () => undefined })
  for (let i = from; i < to; i++) await producer.send({ topic, partition: 0, key: `k${i}`, value: Buffer.from(String(i)) })
  await producer.close()
}
async function deleteBefore(topic: string, offset: number): Promise<void> {
  const admin = kafkaClient(client).admin()
  await admin.connect()
  await admin.fetchTopicOffsets(topic) // loads the metadata that the next call counts on
  await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: String(offset) }] })
  await admin.disconnect()
}

test('no-silent-reset: records deleted before they were read end the process with a reason', async () => {
  const topic = await newTopic('gone', 1)
  const groupId = unique('gone')
  await feed(topic, 0, 2)
  const open = (seen: string[], told: unknown[]) =>
    runConsumer({
      client,
      groupId,
      instanceId: 'c-0',
      topics: [topic],
      report: () => undefined,
      onFatal: (error) => told.push(error),
      onBatch: async ({ records }) => void seen.push(...records.map(({ value }) => String(value))),
    })
  const first = await open([], [])
  await until(async () => (await committedOffsets(client, groupId, topic)).get(0) === 2)
  await first.stop()
  await feed(topic, 2, 6)
  await deleteBefore(topic, 4)
  const [seen, told]: [string[], unknown[]] = [[], []]
  const second = await open(seen, told)
  await until(() => told.length > 0)
  expect(told).toMatchObject([{ code: 'data_gone', message: expect.stringContaining(`${topic}/0`) }])
  expect(seen).toEqual([])
  await second.stop({ leave: true })
})

test('no-silent-reset: a task that places itself by the committed offset is refused one whose records are gone', async () => {
  const topic = await newTopic('gone', 1)
  const groupId = unique('gone')
  await feed(topic, 0, 2)
  const open = (told: unknown[], seen: string[]) =>
    runStream({
      client,
      groupId,
      instanceId: 's-0',
      transactionalId: groupId,
      topics: [{ name: topic, commit: true }],
      writes: [],
      coPartitioned: true,
      report: () => undefined,
      onFatal: (error) => told.push(error),
      task: {
        onAssigned: (_assignment, control) => {
          control.pause(topic, 0)
          control
            .committed(topic)
            .then((offsets) => {
              control.seek(topic, 0, Math.max(0, offsets.get(0) ?? 0))
              control.resume(topic, 0)
            })
            .catch((error: unknown) => told.push(error))
        },
        onBatch: async ({ records }) => {
          seen.push(...records.map(({ value }) => String(value)))
          return undefined
        },
      },
    })
  const first = await open([], [])
  await until(async () => (await committedOffsets(client, groupId, topic)).get(0) === 2)
  await first.stop()
  await feed(topic, 2, 6)
  await deleteBefore(topic, 4)
  const [told, seen]: [unknown[], string[]] = [[], []]
  const second = await open(told, seen)
  await until(() => told.length > 0)
  expect(told).toMatchObject([{ code: 'data_gone', message: expect.stringContaining(`${topic}/0`) }])
  expect(seen).toEqual([])
  await second.stop({ leave: true })
})

test('a table whose position has been deleted is read from its first record', async () => {
  const table = await newTopic('expired', 1)
  await feed(table, 0, 6)
  await deleteBefore(table, 4)
  const seen: string[] = []
  const groupId = unique('expired')
  const stream = await runStream({
    client,
    groupId,
    instanceId: 's-0',
    transactionalId: groupId,
    topics: [{ name: table, commit: false }],
    writes: [],
    coPartitioned: true,
    report: () => undefined,
    onFatal: (error) => {
      throw error
    },
    task: {
      onAssigned: (_assignment, control) => control.seek(table, 0, 1),
      onBatch: async ({ records }) => {
        seen.push(...records.map(({ value }) => String(value)))
        return undefined
      },
    },
  })
  await until(() => seen.length === 2)
  expect(seen).toEqual(['4', '5'])
  await stream.stop({ leave: true })
})

test('a position that never moves though there is more to read ends the process', async () => {
  const topic = await newTopic('stuck', 1)
  await feed(topic, 0, 3)
  const told: unknown[] = []
  const reader = await createReader({
    client,
    groupId: unique('stuck'),
    instanceId: 'r-0',
    topics: [{ name: topic, commit: true }],
    coPartitioned: true,
    watchdogTickMs: 200,
    report: () => undefined,
    onFatal: (error) => told.push(error),
    onAssigned: () => undefined,
    // As a record batch that the client cannot get past: it comes again and again.
    onBatch: async ({ records }) => records[0]?.offset ?? 0,
  })
  await until(() => told.length > 0)
  expect(told).toMatchObject([{ code: 'position_stuck', message: expect.stringContaining(`${topic}/0 stands at 0`) }])
  await reader.stop({ leave: true })
})
