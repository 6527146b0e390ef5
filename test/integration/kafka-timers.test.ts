import { expect, test } from 'vitest'
import { committedOffsets } from '../../src/kafka/admin.ts'
import { kafkaClient } from '../../src/kafka/connect.ts'
import { GenerationChanged, unlessChanged } from '../../src/kafka/fault.ts'
import { groupEntry } from '../../src/kafka/patches/groups.ts'
import type { OutRecord } from '../../src/kafka/record.ts'
import type { StreamTask } from '../../src/kafka/stream.ts'
import { client, newTopic, readAll, unique, until } from './kafka-cluster.ts'
import { cleanups, feed, PARTITIONS, stream, sum, worker } from './kafka-streams.ts'

test('outputs of a timer become visible together, and the offsets of its partitions stay', async () => {
  const [input, output] = [await newTopic('in', PARTITIONS), await newTopic('out', PARTITIONS)]
  const groupId = unique('transact')
  await feed(input, 8)
  const running = await stream(groupId, [{ name: input, commit: true }], {}, [output])
  cleanups.push(() => running.stop({ leave: true }))
  await until(async () => sum(await committedOffsets(client, groupId, input)) === 8)
  await running.control.transact((outbox) => {
    for (let partition = 0; partition < PARTITIONS; partition++)
      outbox.put({ topic: output, partition, key: null, value: Buffer.from('due') })
  })
  expect(await readAll(output)).toHaveLength(PARTITIONS)
  expect(await committedOffsets(client, groupId, input)).toEqual(new Map([0, 1, 2, 3].map((partition) => [partition, 2])))
})

test('a timer that a rebalance overtakes writes nothing', async () => {
  const [input, output] = [await newTopic('in', PARTITIONS), await newTopic('out', PARTITIONS)]
  const groupId = unique('overtaken')
  let joins = 0
  const onAssigned = (): void => void joins++
  const running = await stream(groupId, [{ name: input, commit: true }], { onAssigned }, [output])
  cleanups.push(() => running.stop({ leave: true }))
  const attempt = running.control.transact(async (outbox) => {
    outbox.put({ topic: output, partition: 0, key: null, value: Buffer.from('late') })
    worker({ input, output, groupId, instanceId: 'w-1' })
    await until(() => joins > 1)
  })
  await expect(attempt).rejects.toBeInstanceOf(GenerationChanged)
  expect(await readAll(output)).toEqual([])
})

test('tables are read from where onAssigned puts them, paused ones wait, and a batch without records tells the end', async () => {
  const [table, input] = [await newTopic('table', PARTITIONS), await newTopic('in', PARTITIONS)]
  await feed(table, 12)
  await feed(input, 4)
  const seen: string[] = []
  const ends = new Map<string, number>()
  const running = await stream(
    unique('tables'),
    [
      { name: table, commit: false },
      { name: input, commit: true },
    ],
    {
      onAssigned: (assignment, control) => {
        for (const partition of assignment.get(table) ?? []) control.seek(table, partition, 2)
        for (const partition of assignment.get(input) ?? []) control.pause(input, partition)
      },
      onBatch: async (batch) => {
        for (const { value } of batch.records) seen.push(`${batch.topic === table ? 'table' : 'in'} ${value}`)
        ends.set(`${batch.topic}/${batch.partition}`, batch.nextOffset)
        return undefined
      },
    },
  )
  cleanups.push(() => running.stop({ leave: true }))
  const reached = async (topic: string) =>
    [...(await running.control.offsets(topic))].every(([partition, { end }]) => ends.get(`${topic}/${partition}`) === end)
  await until(() => reached(table))
  expect(seen.toSorted()).toEqual(['table 0:8', 'table 1:9', 'table 2:10', 'table 3:11'])
  for (let partition = 0; partition < PARTITIONS; partition++) running.control.resume(input, partition)
  await until(() => reached(input))
  expect(seen).toHaveLength(8)
  const producer = kafkaClient(client).producer({ transactionalId: unique('aborted'), maxInFlightRequests: 1 })
  cleanups.push(() => producer.disconnect())
  await producer.connect()
  const transaction = await producer.transaction()
  await transaction.send({ topic: table, messages: [{ partition: 0, value: 'never' }] })
  await transaction.abort()
  await until(() => reached(table)) // past the aborted record and its marker
  expect(seen).toHaveLength(8)
})

test('restore-reads-past-open-transactions: the end of a table counts what a transaction has written that is still open', async () => {
  const table = await newTopic('open', 1)
  const producer = kafkaClient(client).producer({ transactionalId: unique('open'), transactionTimeout: 60_000, maxInFlightRequests: 1 })
  cleanups.push(() => producer.disconnect())
  await producer.connect()
  const transaction = await producer.transaction()
  await transaction.send({ topic: table, messages: [{ partition: 0, value: 'one' }] })
  const running = await stream(unique('open'), [{ name: table, commit: false }], {})
  cleanups.push(() => running.stop())
  expect(await running.control.offsets(table)).toEqual(new Map([[0, { start: 0, end: 0 }]]))
  expect(await running.control.ends(table)).toEqual(new Map([[0, { start: 0, end: 1 }]]))
  await transaction.commit()
})

test.each([true, false])(
  'ends-committed: what was decided before a stream stops is committed, and what comes later is given up (leaves: %s)',
  async (leave) => {
    const [input, output] = [await newTopic('in', PARTITIONS), await newTopic('out', PARTITIONS)]
    const groupId = unique('ends')
    await feed(input, 400)
    const faults: unknown[] = []
    const onFatal = (error: unknown): void => void faults.push(error)
    let batches = 0
    const onBatch: StreamTask['onBatch'] = async ({ records }, outbox) => {
      batches++
      for (const { partition, value } of records) outbox.put({ topic: output, partition, key: null, value })
      return undefined
    }
    const running = await stream(groupId, [{ name: input, commit: true }], { onBatch }, [output], {
      ...{ onFatal, overlapped: true, maxBytesPerPartition: 150 },
    })
    const due: OutRecord = { topic: output, partition: 0, key: null, value: Buffer.from('due') }
    let told = 0
    const strike = () => running.control.transact((outbox) => outbox.put(due), 0).then(() => told++, unlessChanged(onFatal))
    const timer = setInterval(strike, 2)
    await until(() => batches > 20)
    await running.stop({ leave })
    await strike()
    clearInterval(timer)
    expect(faults).toEqual([])
    const written = (await readAll(output)).map(({ value }) => String(value))
    expect(written.filter((value) => value === 'due')).toHaveLength(told)
    expect(written).toHaveLength(told + sum(await committedOffsets(client, groupId, input)))
  },
)

test('ends-committed-first: the first transaction of a stream may be its last, and asks the group where it stands', async () => {
  const [table, input, output] = [await newTopic('table', PARTITIONS), await newTopic('in', PARTITIONS), await newTopic('out', PARTITIONS)]
  const groupId = unique('first')
  await feed(table, 8)
  await feed(input, 8)
  const faults: unknown[] = []
  let batches = 0
  const running = await stream(
    groupId,
    [
      { name: table, commit: false },
      { name: input, commit: true },
    ],
    {
      onAssigned: (assignment, control) => {
        for (const [topic, partitions] of assignment) for (const partition of partitions) control.pause(topic, partition)
      },
      onBatch: async ({ records }, outbox) => {
        if (records.length > 0) batches++
        for (const { partition, value } of records) outbox.put({ topic: output, partition, key: null, value })
        return undefined
      },
    },
    [output],
    { overlapped: true, commitIntervalMs: 60_000, onFatal: (error) => void faults.push(error) },
  )
  await running.control.transact(() => undefined) // the next transaction begins a minute later, or at the end
  for (let partition = 0; partition < PARTITIONS; partition++) running.control.resume(table, partition)
  await until(() => batches >= PARTITIONS)
  await running.stop()
  expect(faults).toEqual([])
  expect(await readAll(output)).toHaveLength(8)
  expect(sum(await committedOffsets(client, groupId, input))).toBe(0)
})

test('asked-after-the-end: what a stopped stream asks of its group is given up as after a rebalance', async () => {
  const input = await newTopic('in', PARTITIONS)
  await feed(input, 8)
  const running = await stream(unique('asked'), [{ name: input, commit: true }], {})
  const amid = [running.control.committed(input), running.control.ends(input)]
  await running.stop()
  for (const asked of await Promise.allSettled(amid)) {
    if (asked.status === 'rejected') expect(asked.reason).toBeInstanceOf(GenerationChanged)
  }
  await expect(running.control.committed(input)).rejects.toBeInstanceOf(GenerationChanged)
  await expect(running.control.ends(input)).rejects.toBeInstanceOf(GenerationChanged)
})

test('a-crash-is-told: a consumer that gives up while it fetches ends its process, and commits nothing on its way out', async () => {
  const input = await newTopic('in', PARTITIONS)
  const faults: unknown[] = []
  const groupId = unique('crash')
  const running = await stream(groupId, [{ name: input, commit: true }], {}, [], { onFatal: (error) => void faults.push(error) })
  cleanups.push(() => running.stop())
  const group = groupEntry(groupId)?.live as unknown as { fetch: () => Promise<never> }
  group.fetch = () => Promise.reject(Object.assign(new Error('torn'), { name: 'KafkaJSNonRetriableError', retriable: false }))
  await until(() => faults.length > 0)
  expect(faults).toMatchObject([{ code: 'consumer_crashed' }])
})
