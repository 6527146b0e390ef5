import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { committedOffsets } from '../../src/kafka/admin.ts'
import { kafkaClient } from '../../src/kafka/connect.ts'
import { groupEntry } from '../../src/kafka/patches/groups.ts'
import { inTheNameOf } from '../../src/kafka/patches/txn-offset-commit.ts'
import { createPlainCommits } from '../../src/kafka/plain-commits.ts'
import { createProducer } from '../../src/kafka/producer.ts'
import type { OutRecord } from '../../src/kafka/record.ts'
import { createTransactions } from '../../src/kafka/transactions.ts'
import { client, newTopic, readAll, unique, until } from './kafka-cluster.ts'
import { cleanups, feed, PARTITIONS, stream, sum, worker } from './kafka-streams.ts'

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
