import { type ChildProcess, fork } from 'node:child_process'
import { afterEach, expect, test } from 'vitest'
import { committedOffsets } from '../../src/kafka/admin.ts'
import { kafkaClient } from '../../src/kafka/connect.ts'
import type { LiveGroup } from '../../src/kafka/patches/groups.ts'
import { createProducer } from '../../src/kafka/producer.ts'
import { createReader } from '../../src/kafka/reader.ts'
import { brokers, client, newTopic, readAll, unique, until } from './kafka-cluster.ts'
import type { WorkerConfig, WorkerNews } from './kafka-worker.ts'

const PARTITIONS = 12
const cleanups: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

function worker(config: Omit<WorkerConfig, 'brokers'>) {
  const news: WorkerNews[] = []
  let child: ChildProcess
  const start = (): void => {
    child = fork(new URL('./kafka-worker.ts', import.meta.url), [JSON.stringify({ brokers, ...config })], { execArgv: [] })
    child.on('message', (message: WorkerNews) => news.push(message))
  }
  const gone = () => new Promise<void>((resolve) => child.once('exit', () => resolve()))
  start()
  cleanups.push(() => void child.kill('SIGKILL'))
  const joins = () => news.flatMap((one) => (one.kind === 'joined' ? [one.partitions.toSorted((a, b) => a - b)] : []))
  return {
    joins,
    share: () => joins().at(-1) ?? [],
    /** As after a crash: the same name, nothing known of the past. */
    async restart() {
      const ended = gone()
      child.kill('SIGKILL')
      await ended
      const before = joins().length
      start()
      await until(() => joins().length > before)
    },
    async leave() {
      const ended = gone()
      child.send('leave')
      await ended
    },
  }
}
type Worker = ReturnType<typeof worker>

const shares = (workers: readonly Worker[]) => workers.map((one) => one.share())
const settled = (workers: readonly Worker[]) => () => {
  const all = shares(workers).flat()
  return (
    all.length === PARTITIONS &&
    new Set(all).size === PARTITIONS &&
    shares(workers).every((share) => share.length === PARTITIONS / workers.length)
  )
}
/** Partitions that a worker has and had not. */
const gained = (before: readonly (readonly number[])[], after: readonly (readonly number[])[]) =>
  after.map((share, index) => share.filter((partition) => !(before[index] ?? []).includes(partition)).length)
const sum = (offsets: Map<number, number>): number => [...offsets.values()].reduce((total, offset) => total + Math.max(0, offset), 0)

async function describe(groupId: string) {
  const admin = kafkaClient(client).admin()
  await admin.connect()
  try {
    const [group] = (await admin.describeGroups([groupId])).groups
    return { state: group?.state, members: group?.members.length }
  } finally {
    await admin.disconnect()
  }
}

test('moves-only-what-must: a third member takes a third, its leaving gives just that back, and every input has one output', async () => {
  const [input, output] = [await newTopic('in', PARTITIONS), await newTopic('out', PARTITIONS)]
  const config = { input, output, groupId: unique('sticky') }
  const producer = await createProducer({ client, report: () => undefined, batchMaxRecords: 5 })
  cleanups.push(() => producer.close())
  let sent = 0
  const feeding = new AbortController()
  const feed = (async () => {
    for (; !feeding.signal.aborted; sent++)
      await producer.send({ topic: input, partition: sent % PARTITIONS, key: null, value: Buffer.from(`${sent}`) })
  })()

  const [first, second] = [worker({ ...config, instanceId: 'w-0' }), worker({ ...config, instanceId: 'w-1' })]
  await until(settled([first, second]))
  const two = shares([first, second])

  const third = worker({ ...config, instanceId: 'w-2' })
  await until(settled([first, second, third]))
  const three = shares([first, second, third])
  expect(gained(two, three)).toEqual([0, 0, 4])

  await third.leave()
  expect((await describe(config.groupId)).members).toBe(2) // at once: a member that is merely gone stays until its session is over
  await until(settled([first, second]))
  expect(gained(three, shares([first, second]))).toEqual([2, 2])

  feeding.abort()
  await feed
  await until(async () => sum(await committedOffsets(client, config.groupId, input)) === sent)
  const values = (await readAll(output)).map(({ value }) => Number(value))
  expect(values.toSorted((a, b) => a - b)).toEqual(Array.from({ length: sent }, (_, n) => n))
}, 110_000)

test('restart-is-no-rebalance: a static member comes back with other words, leader or not, and nobody else joins again', async () => {
  const [input, output] = [await newTopic('in', PARTITIONS), await newTopic('out', PARTITIONS)]
  const config = { input, output, groupId: unique('quiet') }
  // Their words differ from join to join: what they own is known only after the first.
  const workers = ['w-0', 'w-1'].map((instanceId, n) => worker({ ...config, instanceId, checkpoints: { [n]: 7 } }))
  await until(settled(workers))
  for (const one of workers) {
    const [other] = workers.filter((each) => each !== one)
    const [before, joins] = [shares(workers), other?.joins().length]
    await one.restart()
    expect(shares(workers)).toEqual(before)
    expect((await describe(config.groupId)).state).toBe('Stable')
    expect(other?.joins()).toHaveLength(joins ?? 0)
  }
  // Both have forgotten what they own, and a third joins: who came back says what it was given.
  const before = shares(workers)
  const third = worker({ ...config, instanceId: 'w-2' })
  await until(settled([...workers, third]))
  expect(gained(before, shares([...workers, third]))).toEqual([0, 0, 4])
}, 110_000)

test('a group that starts anew puts partitions where their state is', async () => {
  const [input, output] = [await newTopic('in', PARTITIONS), await newTopic('out', PARTITIONS)]
  const config = { input, output, groupId: unique('state') }
  const odd = Object.fromEntries(Array.from({ length: PARTITIONS / 2 }, (_, n) => [2 * n + 1, 500]))
  const all = Object.fromEntries(Array.from({ length: PARTITIONS }, (_, n) => [n, 100]))
  const workers = [worker({ ...config, instanceId: 'w-0', checkpoints: odd }), worker({ ...config, instanceId: 'w-1', checkpoints: all })]
  await until(settled(workers))
  expect(shares(workers)).toEqual([
    [1, 3, 5, 7, 9, 11],
    [0, 2, 4, 6, 8, 10],
  ])
})

test('leader-moves-are-no-rebalance: a fetch that meets a moved leader asks for metadata and stays in its generation', async () => {
  const topic = await newTopic('moved', PARTITIONS)
  const groupId = unique('moved')
  const seen: string[] = []
  const reader = await createReader({
    client,
    groupId,
    instanceId: 'r-0',
    topics: [{ name: topic, commit: true }],
    coPartitioned: true,
    report: () => undefined,
    onFatal: (error) => {
      throw error
    },
    onAssigned: () => undefined,
    onBatch: async ({ records, nextOffset }) => {
      seen.push(...records.map(({ value }) => String(value)))
      return nextOffset
    },
  })
  cleanups.push(() => reader.stop({ leave: true }))
  await reader.ready
  const group = reader.group() as LiveGroup & { recoverFromFetch(error: Error): Promise<void> }
  await group.recoverFromFetch(Object.assign(new Error('told by a broker that leads no more'), { type: 'NOT_LEADER_FOR_PARTITION' }))
  expect(reader.control.generation).toBe(1)
  const producer = await createProducer({ client, report: () => undefined })
  cleanups.push(() => producer.close())
  await producer.send({ topic, partition: 3, key: null, value: Buffer.from('after') })
  await until(() => seen.includes('after'))
})
