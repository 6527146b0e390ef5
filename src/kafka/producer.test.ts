import fc from 'fast-check'
import type { Producer as KafkaProducer, ProducerBatch } from 'kafkajs'
import { afterEach, expect, test } from 'vitest'
import { createProducer, type Producer } from './producer.ts'

/** Brokers that lead a partition each, by its number, as `leaders` says at the moment; a request waits for all it goes to. */
function fakeBrokers(leaders: number[]) {
  const logs = leaders.map((): string[] => [])
  const silent = new Map<number, PromiseWithResolvers<void>>()
  let connections = 0
  const connect = (): KafkaProducer => {
    connections++
    const producer = {
      connect: async () => undefined,
      disconnect: async () => undefined,
      async sendBatch({ topicMessages = [] }: ProducerBatch) {
        const messages = topicMessages.flatMap(({ messages }) => messages)
        await new Promise(setImmediate)
        await Promise.all(messages.map(({ partition = 0 }) => silent.get(leaders[partition] ?? 0)?.promise))
        return [...Map.groupBy(messages, ({ partition = 0 }) => partition)].map(([partition, ours]) => {
          const log = logs[partition] ?? []
          const baseOffset = String(log.length)
          log.push(...ours.map(({ value }) => String(value)))
          return { topicName: 't', partition, errorCode: 0, baseOffset, leader: leaders[partition] }
        })
      },
    }
    return producer as unknown as KafkaProducer // what a lane needs of one
  }
  return {
    ...{ logs, connect, connections: () => connections },
    silence: (leader: number) => void silent.getOrInsertComputed(leader, () => Promise.withResolvers()),
    heal(leader: number) {
      silent.get(leader)?.resolve()
      silent.delete(leader)
    },
  }
}

let producer: Producer
afterEach(() => producer.close())
const start = async (brokers: ReturnType<typeof fakeBrokers>): Promise<void> => {
  const client = { brokers: [], clientId: 'test', report: () => undefined }
  producer = await createProducer({ client, connect: brokers.connect, lingerMs: 0, report: () => undefined })
}
const send = (partition: number, value: string) => producer.send({ topic: 't', partition, key: null, value: Buffer.from(value) })

test('a-silent-broker-holds-up-nobody-else: what other brokers lead is acknowledged meanwhile', async () => {
  const brokers = fakeBrokers([1, 1, 2, 2, 1])
  await start(brokers)
  await Promise.all([0, 1, 2, 3].map((partition) => send(partition, 'before')))
  brokers.silence(2)
  const late = Promise.all([send(2, 'late'), send(3, 'late')])
  try {
    for (const value of ['a', 'b']) await Promise.all([send(0, value), send(1, value)])
    expect(brokers.logs.slice(0, 4)).toEqual([['before', 'a', 'b'], ['before', 'a', 'b'], ['before'], ['before']])
    await send(4, 'first of a partition that nobody has written to')
  } finally {
    brokers.heal(2)
  }
  expect(await late).toEqual([{ offset: 1 }, { offset: 1 }])
})

test('a-silent-broker-holds-up-nobody-else: also of partitions that are never at rest', async () => {
  const brokers = fakeBrokers([1, 2])
  await start(brokers)
  const writes: Promise<unknown>[] = []
  const write = async (times: number): Promise<void> => {
    for (let n = 0; n < times; n++) {
      writes.push(send(0, 'x'), send(1, 'y'))
      await new Promise(setImmediate)
    }
  }
  await write(50)
  brokers.silence(2)
  await write(50)
  const [healthy] = brokers.logs.map((log) => log.length)
  brokers.heal(2)
  await Promise.all(writes)
  expect(healthy).toBeGreaterThan(90)
})

test('one broker takes one connection', async () => {
  const brokers = fakeBrokers([5, 5])
  await start(brokers)
  for (const value of ['a', 'b', 'c']) await Promise.all([send(0, value), send(1, value)])
  expect(brokers.connections()).toBe(1)
})

test('order-of-a-partition: whoever leads it and whoever is silent, its records are written in the order of the calls', () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.oneof(
          { weight: 4, arbitrary: fc.record({ kind: fc.constant('send' as const), partition: fc.nat(2) }) },
          {
            weight: 1,
            arbitrary: fc.record({ kind: fc.constant('lead' as const), partition: fc.nat(2), leader: fc.integer({ min: 1, max: 3 }) }),
          },
          {
            weight: 1,
            arbitrary: fc.record({ kind: fc.constantFrom('silence' as const, 'heal' as const), leader: fc.integer({ min: 1, max: 3 }) }),
          },
          { weight: 2, arbitrary: fc.record({ kind: fc.constant('wait' as const) }) },
        ),
        { maxLength: 80, size: 'max' },
      ),
      async (steps) => {
        const leaders = [1, 2, 3]
        const brokers = fakeBrokers(leaders)
        await start(brokers)
        const sent: string[][] = [[], [], []]
        const sends: Promise<unknown>[] = []
        for (const [n, step] of steps.entries()) {
          if (step.kind === 'send') {
            sent[step.partition]?.push(String(n))
            sends.push(send(step.partition, String(n)))
          } else if (step.kind === 'lead') leaders[step.partition] = step.leader
          else if (step.kind === 'wait') await new Promise(setImmediate)
          else brokers[step.kind](step.leader)
        }
        for (const leader of [1, 2, 3]) brokers.heal(leader)
        await Promise.all(sends)
        expect(brokers.logs).toEqual(sent)
        await producer.close()
      },
    ),
    { numRuns: 300 },
  ))
