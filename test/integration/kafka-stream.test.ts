import { type ChildProcess, fork } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { committedOffsets } from '../../src/kafka/admin.ts'
import { kafkaClient } from '../../src/kafka/connect.ts'
import { GenerationChanged } from '../../src/kafka/fault.ts'
import { groupEntry } from '../../src/kafka/patches/groups.ts'
import { inTheNameOf } from '../../src/kafka/patches/txn-offset-commit.ts'
import { createPlainCommits } from '../../src/kafka/plain-commits.ts'
import { createProducer } from '../../src/kafka/producer.ts'
import type { OutRecord } from '../../src/kafka/record.ts'
import { runStream, type Stream, type StreamTask } from '../../src/kafka/stream.ts'
import { createTransactions } from '../../src/kafka/transactions.ts'
import { brokers, client, newTopic, readAll, unique, until } from './kafka-cluster.ts'
import type { WorkerConfig, WorkerNews } from './kafka-worker.ts'

const PARTITIONS = 4
const cleanups: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function feed(topic: string, count: number): Promise<string[]> {
  // Small record batches, since a worker takes one at least: a kill must meet many transactions.
  const producer = await createProducer({ client, report: () => undefined, batchMaxRecords: 5 })
  const values = Array.from({ length: count }, (_, i) => `${i % PARTITIONS}:${i}`)
  await producer.sendAll(values.map((value, i) => ({ topic, partition: i % PARTITIONS, key: null, value: Buffer.from(value) })))
  await producer.close()
  return values
}

async function stream(
  groupId: string,
  topics: { name: string; commit: boolean }[],
  task: Partial<StreamTask>,
  writes: string[] = [],
): Promise<Stream> {
  const made = await runStream({
    client,
    groupId,
    instanceId: 's-0',
    transactionalId: groupId,
    topics,
    writes,
    coPartitioned: true,
    report: () => undefined,
    onFatal: (error) => {
      throw error
    },
    task: { onAssigned: () => undefined, onBatch: async () => undefined, ...task },
  })
  await made.ready
  return made
}

/** A worker that is started again under its name whenever it ends, as the supervisor does. */
function worker(config: Omit<WorkerConfig, 'brokers'>) {
  const news: WorkerNews[] = []
  let child: ChildProcess
  let ended = false
  const start = (): void => {
    child = fork(new URL('./kafka-worker.ts', import.meta.url), [JSON.stringify({ brokers, ...config })], { execArgv: [] })
    child.on('message', (message: WorkerNews) => news.push(message))
    child.on('exit', () => {
      if (!ended) start()
    })
  }
  start()
  cleanups.push(() => {
    ended = true
    child.kill('SIGKILL')
  })
  return { news, kill: () => child.kill('SIGKILL'), joins: () => news.filter(({ kind }) => kind === 'joined') }
}

const sum = (offsets: Map<number, number>): number => [...offsets.values()].reduce((total, offset) => total + Math.max(0, offset), 0)

test.each([false, true])(
  'each-input-once: two workers, killed eight times amid transactions, lose and double nothing (overlapped: %s)',
  async (overlapped) => {
    const [input, output] = [await newTopic('in', PARTITIONS), await newTopic('out', PARTITIONS)]
    const groupId = unique('kill')
    const sent = await feed(input, 4_000)
    const workers = ['w-0', 'w-1'].map((instanceId) => worker({ input, output, groupId, instanceId, overlapped }))
    const batches = () => workers.flatMap(({ news }) => news).filter(({ kind }) => kind === 'batch').length
    for (let kills = 0; kills < 8; kills++) {
      const before = batches()
      await until(() => batches() >= before + 20)
      workers[kills % 2]?.kill()
    }
    expect(sum(await committedOffsets(client, groupId, input))).toBeLessThan(sent.length) // every kill met work
    await until(async () => sum(await committedOffsets(client, groupId, input)) === sent.length)
    const read = await readAll(output)
    const values = read.map(({ value }) => String(value))
    expect(values.toSorted()).toEqual(sent.toSorted())
    for (let partition = 0; partition < PARTITIONS; partition++) {
      const prefix = `${partition}:`
      expect(read.filter((one) => one.partition === partition).map(({ value }) => String(value))).toEqual(
        sent.filter((value) => value.startsWith(prefix)),
      )
    }
  },
  110_000,
)

test('each-input-at-least-once: where that is enough, a worker killed amid its work loses nothing', async () => {
  const [input, output] = [await newTopic('in', PARTITIONS), await newTopic('out', PARTITIONS)]
  const groupId = unique('plain')
  const sent = await feed(input, 2_000)
  const one = worker({ input, output, groupId, instanceId: 'w-0', guarantee: 'at_least_once' })
  const batches = () => one.news.filter(({ kind }) => kind === 'batch').length
  for (let kills = 0; kills < 4; kills++) {
    const before = batches()
    await until(() => batches() >= before + 20)
    one.kill()
  }
  expect(sum(await committedOffsets(client, groupId, input))).toBeLessThan(sent.length) // every kill met work
  await until(async () => sum(await committedOffsets(client, groupId, input)) === sent.length)
  expect(new Set((await readAll(output)).map(({ value }) => String(value)))).toEqual(new Set(sent))
}, 110_000)

test('committed-as-decided: what a batch has decided is committed before what another topic of its partition, or a timer, makes of it', async () => {
  const [input, table, output] = [await newTopic('in', 1), await newTopic('table', 1), await newTopic('out', 1)]
  const put = (outbox: { put(record: OutRecord): void }, value: string) =>
    outbox.put({ topic: output, partition: 0, key: null, value: Buffer.from(value) })
  const decided: string[] = []
  const made = await stream(
    unique('order'),
    [
      { name: input, commit: true },
      { name: table, commit: false },
    ],
    {
      async onBatch(batch, outbox) {
        for (const { value } of batch.records) {
          for (const part of ['begins', 'ends']) {
            decided.push(`${value} ${part}`)
            put(outbox, decided.at(-1) as string)
            await sleep(batch.topic === input ? 60 : 5)
          }
        }
        return undefined
      },
    },
    [output],
  )
  cleanups.push(() => made.stop({ leave: true }))
  const timer = async (n: number) => {
    await made.control.transact((outbox) => {
      decided.push(`timer ${n}`)
      put(outbox, `timer ${n}`)
    }, 0)
  }
  const producer = await createProducer({ client, report: () => undefined })
  const send = (topic: string, n: number) =>
    producer.send({ topic, partition: 0, key: null, value: Buffer.from(`${topic === input ? 'in' : 'table'} ${n}`) })
  const timers: Promise<void>[] = []
  for (let n = 0; n < 20; n++) {
    await Promise.all([send(input, n), send(table, n)])
    timers.push(timer(n))
    await sleep(40)
  }
  await Promise.all(timers)
  await until(() => decided.length === 20 * 5)
  await producer.close()
  await until(async () => (await readAll(output)).length === decided.length)
  expect((await readAll(output)).map(({ value }) => String(value))).toEqual(decided)
})

test('a generation that is over cannot commit outside a transaction either', async () => {
  const topic = await newTopic('plain', PARTITIONS)
  const groupId = unique('plain-fenced')
  const made = await stream(groupId, [{ name: topic, commit: true }], {})
  cleanups.push(() => made.stop({ leave: true }))
  const group = groupEntry(groupId)?.live
  if (group == null) throw new Error('the stream has joined')
  const plain = await createPlainCommits({ client, groupId, transactionalId: groupId, topics: [], group: () => group })
  cleanups.push(() => plain.close())
  const offsets = new Map([[topic, new Map([[0, 0]])]])
  const member = { generationId: group.generationId ?? -1, memberId: group.memberId ?? '', instanceId: 's-0' }
  await expect(plain.commit({ outputs: [], offsets, member: { ...member, generationId: member.generationId - 1 } })).rejects.toThrow(
    groupId,
  )
  await expect(plain.commit({ outputs: [], offsets, member: { ...member, memberId: 'nobody' } })).rejects.toThrow(groupId)
  await plain.commit({ outputs: [], offsets, member })
}, 60_000)

test('a static member that is killed comes back to its partitions, and the other member never notices', async () => {
  const [input, output] = [await newTopic('in', PARTITIONS), await newTopic('out', PARTITIONS)]
  const groupId = unique('static')
  const [first, second] = ['w-0', 'w-1'].map((instanceId) => worker({ input, output, groupId, instanceId }))
  if (first === undefined || second === undefined) throw new Error('two workers were started')
  const share = (one: typeof first) => (one.joins().at(-1) as { partitions?: readonly number[] } | undefined)?.partitions
  await until(() => share(first)?.length === 2 && share(second)?.length === 2)
  const [joinsBefore, joinsOther, owned] = [first.joins().length, second.joins().length, share(first)]
  first.kill()
  await until(() => first.joins().length > joinsBefore)
  expect(share(first)).toEqual(owned)
  await feed(input, 40)
  await until(async () => sum(await committedOffsets(client, groupId, input)) === 40)
  expect(second.joins()).toHaveLength(joinsOther)
}, 60_000)

test('a generation that is over, a member nobody knows and an instance with another member cannot commit', async () => {
  const topic = await newTopic('fenced', PARTITIONS)
  const groupId = unique('fenced')
  await feed(topic, 4)
  const running = await stream(groupId, [{ name: topic, commit: true }], {})
  cleanups.push(() => running.stop({ leave: true }))
  await until(async () => sum(await committedOffsets(client, groupId, topic)) === 4)
  const admin = kafkaClient(client).admin()
  cleanups.push(() => admin.disconnect())
  await admin.connect()
  const memberId = (await admin.describeGroups([groupId])).groups[0]?.members[0]?.memberId ?? ''
  const attempt = async (member: { generationId: number; memberId: string; instanceId: string | null }) => {
    const transactions = await createTransactions({ client, groupId, transactionalId: unique('zombie'), topics: [] })
    cleanups.push(() => transactions.close())
    await transactions.commit({ outputs: [], offsets: new Map([[topic, new Map([[0, 0]])]]), member })
  }
  await expect(attempt({ generationId: 0, memberId, instanceId: 's-0' })).rejects.toThrow('ILLEGAL_GENERATION')
  await expect(attempt({ generationId: 1, memberId: 'ghost', instanceId: null })).rejects.toThrow('UNKNOWN_MEMBER_ID')
  await expect(attempt({ generationId: 1, memberId: 'ghost', instanceId: 's-0' })).rejects.toThrow('FENCED_INSTANCE_ID')
  expect(sum(await committedOffsets(client, groupId, topic))).toBe(4)
})

test('committed offsets are read only when no transaction holds them', async () => {
  const topic = await newTopic('unstable', 1)
  const groupId = unique('unstable')
  const producer = kafkaClient(client).producer({ transactionalId: groupId, transactionTimeout: 60_000, maxInFlightRequests: 1 })
  cleanups.push(() => producer.disconnect())
  await producer.connect()
  const transaction = await producer.transaction()
  const nobody = { generationId: -1, memberId: '', instanceId: null }
  const topics = inTheNameOf(nobody, [{ topic, partitions: [{ partition: 0, offset: '77' }] }])
  await transaction.sendOffsets({ consumerGroupId: groupId, topics })
  let read: Map<number, number> | null = null
  const reading = committedOffsets(client, groupId, topic).then((offsets) => {
    read = offsets
  })
  await new Promise((resolve) => setTimeout(resolve, 500))
  expect(read).toBeNull()
  await transaction.commit()
  await reading
  expect(read).toEqual(new Map([[0, 77]]))
})

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
