import { fork } from 'node:child_process'
import { expect, test } from 'vitest'
import { committedOffsets } from '../../src/kafka/admin.ts'
import { kafkaClient } from '../../src/kafka/connect.ts'
import { runConsumer } from '../../src/kafka/consume.ts'
import { createProducer } from '../../src/kafka/producer.ts'
import { runStream } from '../../src/kafka/stream.ts'
import { brokers, client, newTopic, unique, until } from './kafka-cluster.ts'

const PARTITIONS = 4
const send = async (topic: string, values: readonly string[]): Promise<void> => {
  const producer = await createProducer({ client, report: () => undefined })
  await producer.sendAll(values.map((value, i) => ({ topic, partition: i % PARTITIONS, key: null, value: Buffer.from(value) })))
  await producer.close()
}

const sum = (offsets: Map<number, number>): number => [...offsets.values()].reduce((total, offset) => total + offset, 0)
async function stateOf(groupId: string): Promise<string | undefined> {
  const admin = kafkaClient(client).admin()
  await admin.connect()
  try {
    return (await admin.describeGroups([groupId])).groups[0]?.state
  } finally {
    await admin.disconnect()
  }
}

test('a pause and a seek end with their generation: after a rebalance every partition is read on from its committed offset', async () => {
  const [input, output] = [await newTopic('in', PARTITIONS), await newTopic('out', PARTITIONS)]
  const groupId = unique('rebalance')
  await send(input, ['a', 'b', 'c', 'd'])
  const seen: string[] = []
  const shares: number[][] = []
  const held = Promise.withResolvers<void>()
  const stream = await runStream({
    client,
    groupId,
    instanceId: 's-0',
    transactionalId: groupId,
    topics: [{ name: input, commit: true }],
    writes: [],
    coPartitioned: true,
    report: () => undefined,
    onFatal: (error) => {
      throw error
    },
    task: {
      onAssigned: (assignment) => {
        seen.length = 0
        shares.push([...(assignment.get(input) ?? [])])
      },
      onBatch: async ({ records }) => {
        seen.push(...records.map(({ value }) => String(value)))
        if (seen.includes('hold')) await held.promise
        return undefined
      },
    },
  })
  await until(async () => [...(await committedOffsets(client, groupId, input)).values()].every((offset) => offset === 1))
  await send(input, ['hold'])
  await until(() => seen.includes('hold'))
  const config = { brokers, input, output, groupId, instanceId: 's-1' }
  const other = fork(new URL('./kafka-worker.ts', import.meta.url), [JSON.stringify(config)], { execArgv: [] })
  try {
    // While a batch is under way there is no fetch that could take the seeks, and the join waits for the batch.
    await until(async () => (await stateOf(groupId)) === 'PreparingRebalance')
    for (const partition of [1, 2, 3]) {
      stream.control.pause(input, partition)
      stream.control.seek(input, partition, 0)
    }
    held.resolve()
    await until(() => shares.at(-1)?.length === PARTITIONS / 2)
    await send(input, ['e', 'f', 'g', 'h'])
    await until(async () => sum(await committedOffsets(client, groupId, input)) === 9)
    expect(seen.toSorted()).toEqual((shares.at(-1) ?? []).map((partition) => 'efgh'[partition]).toSorted())
  } finally {
    other.kill('SIGKILL')
    await stream.stop({ leave: true })
  }
})

test('a-handler-that-throws-ends-the-process: kafkajs is not asked to try again, and nothing of its batch is committed', async () => {
  const topic = await newTopic('throws', PARTITIONS)
  const groupId = unique('throws')
  await send(topic, ['a', 'b', 'c', 'd'])
  const fatal: unknown[] = []
  let calls = 0
  const consumer = await runConsumer({
    client,
    groupId,
    instanceId: 'c-0',
    topics: [topic],
    report: () => undefined,
    onFatal: (error) => void fatal.push(error),
    onBatch: async () => {
      calls++
      throw new Error('the store is full')
    },
  })
  await until(() => fatal.length > 0)
  const called = calls
  await send(topic, ['e', 'f', 'g', 'h'])
  await consumer.stop()
  expect(fatal).toMatchObject([{ message: 'the store is full' }])
  expect(calls).toBe(called)
  expect([...(await committedOffsets(client, groupId, topic)).values()]).toEqual([-1, -1, -1, -1])
})
