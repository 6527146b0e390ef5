import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
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
type Breakable = { heartbeat?: () => Promise<never>; cluster: { findGroupCoordinator(group: object): Promise<unknown> } }
const kafkajsError = (name: string, type?: string): Error => Object.assign(new Error('broken by a test'), { name, type, retriable: true })

test('a-join-that-fails-is-tried-again: a generation that is over goes on with nothing, and the next one with everything', async () => {
  const [input, output] = [await newTopic('in', PARTITIONS), await newTopic('out', PARTITIONS)]
  const groupId = unique('join')
  const running = await stream(groupId, [{ name: input, commit: true }], { onBatch: copyTo(output) }, [output])
  cleanups.push(() => running.stop())
  const group = groupEntry(groupId)?.live as unknown as Breakable
  const find = group.cluster.findGroupCoordinator.bind(group.cluster)
  let asked = 0
  group.cluster.findGroupCoordinator = (which) => (++asked === 1 ? Promise.reject(kafkajsError('KafkaJSConnectionError')) : find(which))
  group.heartbeat = () => {
    delete group.heartbeat // the next one is the real one again
    return Promise.reject(kafkajsError('KafkaJSProtocolError', 'REBALANCE_IN_PROGRESS'))
  }
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

test('a-stop-amid-the-first-join: is a stop like any other, whenever it comes', async () => {
  const input = await newTopic('in', PARTITIONS)
  await feed(input, 40)
  const faults: unknown[] = []
  for (const waitMs of [0, 2, 5, 10, 15, 20, 30, 40, 60, 80]) {
    let after = 0
    let isOver = false
    const running = await runStream({
      ...{ client, groupId: unique('first'), instanceId: 's-0', transactionalId: unique('first'), topics: [{ name: input, commit: true }] },
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
    expect(after, `batches after a stop ${waitMs} ms after the start`).toBe(0)
  }
  expect(faults).toEqual([])
}, 60_000)
