import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { kafkaClient } from '../../src/kafka/connect.ts'
import { unlessChanged } from '../../src/kafka/fault.ts'
import { groupEntry } from '../../src/kafka/patches/groups.ts'
import { runStream, type StreamTask } from '../../src/kafka/stream.ts'
import { client, newTopic, readAll, unique, until } from './kafka-cluster.ts'
import { cleanups, feed, PARTITIONS, stream } from './kafka-streams.ts'

const copyTo =
  (output: string): StreamTask['onBatch'] =>
  async ({ records }, outbox) => {
    for (const { partition, value } of records) outbox.put({ topic: output, partition, key: null, value })
    return undefined
  }
/** The parts of kafkajs that these tests break. */
type Breakable = {
  heartbeat?: () => Promise<never>
  joinAndSync(): Promise<void>
  cluster: { findGroupCoordinator(group: object): Promise<unknown> }
}
const breakable = (groupId: string): Breakable => groupEntry(groupId)?.live as unknown as Breakable
/** The next heartbeat says that the group is rebalancing; the one after it is the real one again. */
function rebalance(group: Breakable): void {
  group.heartbeat = () => {
    delete group.heartbeat
    return Promise.reject(kafkajsError('KafkaJSProtocolError', 'REBALANCE_IN_PROGRESS'))
  }
}
const kafkajsError = (name: string, type?: string): Error => Object.assign(new Error('broken by a test'), { name, type, retriable: true })

/** Of a group, those that did not join under a name of their own. */
async function dynamicMembers(groupId: string): Promise<string[]> {
  const admin = kafkaClient(client).admin()
  await admin.connect()
  const { groups } = await admin.describeGroups([groupId])
  await admin.disconnect()
  return groups.flatMap(({ members }) => members.map(({ memberId }) => memberId)).filter((id) => !id.startsWith('s-0'))
}

test('a-join-that-fails-is-tried-again: a generation that is over goes on with nothing, and the next one with everything', async () => {
  const [input, output] = [await newTopic('in', PARTITIONS), await newTopic('out', PARTITIONS)]
  const groupId = unique('join')
  const running = await stream(groupId, [{ name: input, commit: true }], { onBatch: copyTo(output) }, [output])
  cleanups.push(() => running.stop())
  const group = breakable(groupId)
  const find = group.cluster.findGroupCoordinator.bind(group.cluster)
  let asked = 0
  group.cluster.findGroupCoordinator = (which) => (++asked === 1 ? Promise.reject(kafkajsError('KafkaJSConnectionError')) : find(which))
  rebalance(group)
  await until(() => asked === 1)
  const due = { topic: output, partition: 0, key: null, value: Buffer.from('due') }
  const struck = running.control.transact((outbox) => outbox.put(due)).catch(unlessChanged(() => undefined))
  const fed = await feed(input, 40)
  await until(() => asked > 1)
  await struck
  await until(async () => {
    const written = (await readAll(output)).map(({ value }) => String(value))
    return fed.every((value) => written.includes(value))
  })
}, 40_000)

test('a-join-that-cannot-be: ends the process, and does not stand still with its commits held', async () => {
  const input = await newTopic('in', PARTITIONS)
  const groupId = unique('never')
  const faults: unknown[] = []
  const running = await stream(groupId, [{ name: input, commit: true }], {}, [], { onFatal: (error) => void faults.push(error) })
  cleanups.push(() => running.stop())
  const group = breakable(groupId)
  group.cluster.findGroupCoordinator = () => Promise.reject(new Error('the topics have other counts of partitions'))
  rebalance(group)
  await until(() => faults.length > 0)
  expect(faults).toMatchObject([{ code: 'consumer_crashed' }])
}, 30_000)

test('one-join-at-a-time: two that ask for it at once join once', async () => {
  const input = await newTopic('in', PARTITIONS)
  const groupId = unique('once')
  const running = await stream(groupId, [{ name: input, commit: true }], {})
  cleanups.push(() => running.stop())
  const group = breakable(groupId)
  await groupEntry(groupId)?.joining // ready while it ends
  const before = running.control.generation
  await Promise.all([group.joinAndSync(), group.joinAndSync()])
  expect(running.control.generation).toBe(before + 1)
}, 30_000)

test('a-stop-amid-the-first-join: is a stop like any other, whenever it comes', async () => {
  const input = await newTopic('in', PARTITIONS)
  await feed(input, 40)
  const faults: unknown[] = []
  for (const waitMs of [0, 2, 5, 10, 15, 20, 30, 40, 60, 80]) {
    let after = 0
    let isOver = false
    const groupId = unique('first')
    const running = await runStream({
      ...{ client, groupId, instanceId: 's-0', transactionalId: unique('first'), topics: [{ name: input, commit: true }] },
      ...{ writes: [], coPartitioned: true, report: () => undefined, onFatal: (error: unknown) => void faults.push(error) },
      task: {
        onAssigned: () => undefined,
        onBatch: async () => {
          if (isOver) after++
          return undefined
        },
      },
    })
    running.ready.catch((error: unknown) => faults.push(error))
    await sleep(waitMs)
    await running.stop()
    isOver = true
    await sleep(100)
    expect(await dynamicMembers(groupId)).toEqual([])
    expect(after, `batches after a stop ${waitMs} ms after the start`).toBe(0)
  }
  expect(faults).toEqual([])
}, 60_000)
