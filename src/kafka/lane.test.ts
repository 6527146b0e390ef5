import type { Producer as KafkaProducer, ProducerBatch, RecordMetadata } from 'kafkajs'
import { expect, test } from 'vitest'
import type { ProducerFault } from './fault.ts'
import { createLane, type Lane, type Pending, type Place } from './lane.ts'
import { toldLeader } from './patches/send-messages.ts'
import type { Ack } from './producer.ts'

/** A broker of one topic whose answers the test decides, request by request. */
function fakeBroker(
  decide: (request: number, values: string[]) => 'ack' | 'fail' | 'leave out' | Promise<'ack' | 'fail' | 'leave out'>,
  onAsked: (messages: readonly object[], partition: number) => void = () => undefined,
) {
  const log: string[] = []
  let requests = 0
  let producers = 0
  const connect = (): KafkaProducer => {
    producers++
    const producer = {
      connect: async () => undefined,
      disconnect: async () => undefined,
      async sendBatch({ topicMessages = [] }: ProducerBatch): Promise<RecordMetadata[]> {
        const values = topicMessages.flatMap(({ messages }) => messages.map(({ value }) => String(value)))
        for (const { messages } of topicMessages) onAsked(messages, messages[0]?.partition ?? 0)
        const verdict = await decide(++requests, values)
        if (verdict === 'fail') throw new Error('gone')
        if (verdict === 'leave out') return []
        const baseOffset = String(log.length)
        log.push(...values)
        const partitions = new Set(topicMessages.flatMap(({ messages }) => messages.map(({ partition = 0 }) => partition)))
        return [...partitions].map((partition) => ({ topicName: 't', partition, errorCode: 0, baseOffset }))
      },
    }
    return producer as unknown as KafkaProducer
  }
  return { connect, log, producers: () => producers, requests: () => requests }
}

function laneOn(broker: ReturnType<typeof fakeBroker>, lingerMs = 0) {
  let settledBytes = 0
  const places: Place[] = []
  const placeOf = (partition: number): Place => {
    places[partition] ??= { leader: -1, heardMs: -1 }
    return places[partition]
  }
  const lane: Lane = createLane({
    connect: broker.connect,
    bounds: { maxBytes: 1_000, maxRecords: 100 },
    lingerMs,
    compression: 'none',
    report: () => undefined,
    onSettled: (bytes) => {
      settledBytes += bytes
    },
    leaders: { heard: () => false, placeOf: (_, partition) => placeOf(partition), laneOf: () => lane },
  })
  const send = (value: string, deadlineMs = Number.POSITIVE_INFINITY, partition = 0): Promise<Ack> => {
    const { promise, resolve, reject } = Promise.withResolvers<Ack>()
    const pending: Pending = {
      place: placeOf(partition),
      record: { topic: 't', partition, key: null, value: Buffer.from(value) },
      bytes: 1,
      queuedMs: performance.now(),
      deadlineMs,
      resolve,
      reject,
    }
    lane.push(pending)
    return promise
  }
  return { lane, send, placeOf, settledBytes: () => settledBytes }
}
const fault = async (sent: Promise<Ack>): Promise<ProducerFault> =>
  sent.then(
    () => Promise.reject(new Error('was acknowledged')),
    (error: ProducerFault) => error,
  )

test('what gathers while a request is under way goes with the next, in order', async () => {
  const broker = fakeBroker(() => 'ack')
  const { send, lane, settledBytes } = laneOn(broker)
  const acks = await Promise.all(['a', 'b', 'c', 'd'].map((value) => send(value)))
  expect(broker.log).toEqual(['a', 'b', 'c', 'd'])
  expect(acks.map(({ offset }) => offset)).toEqual([0, 1, 2, 3])
  expect(broker.requests()).toBeLessThanOrEqual(2)
  expect(settledBytes()).toBe(4)
  await lane.close()
})

test.each(['fail', 'leave out'] as const)('no-ack-without-a-listed-partition: after "%s" a new producer sends again', async (first) => {
  const broker = fakeBroker((request) => (request === 1 ? first : 'ack'))
  const { send, lane } = laneOn(broker)
  const acks = await Promise.all([send('a'), send('b')])
  expect(broker.log).toEqual(['a', 'b'])
  expect(acks.map(({ offset }) => offset)).toEqual([0, 1])
  expect(broker.producers()).toBe(2)
  await lane.close()
})

test('what waits too long in the queue is given up and never sent', async () => {
  const open = Promise.withResolvers<'ack'>()
  const broker = fakeBroker((request) => (request === 1 ? open.promise : 'ack'))
  const { send, lane } = laneOn(broker)
  const first = send('a')
  while (broker.requests() === 0) await new Promise(setImmediate)
  const second = fault(send('b', 5))
  lane.expire(10)
  expect(await (await second).late).toBeNull()
  open.resolve('ack')
  await first
  await lane.close()
  expect(broker.log).toEqual(['a'])
})

test.each([
  { verdict: 'ack', late: { offset: 0 }, log: ['a'] },
  { verdict: 'fail', late: null, log: [] },
] as const)('what was under way at its deadline tells later: $verdict', async ({ verdict, late, log }) => {
  const open = Promise.withResolvers<'ack' | 'fail'>()
  const broker = fakeBroker(() => open.promise)
  const { send, lane, settledBytes } = laneOn(broker)
  const sent = fault(send('a', 5))
  while (broker.requests() === 0) await new Promise(setImmediate)
  lane.expire(10)
  const given = await sent
  expect(given.code).toBe('ack_timeout')
  open.resolve(verdict)
  expect(await given.late).toEqual(late)
  await lane.close()
  expect(broker.log).toEqual(log)
  expect(settledBytes()).toBe(1)
})

test('order-holds-over-a-deadline: what waits behind the given up for the same partition is given up with it', async () => {
  const open = Promise.withResolvers<'fail'>()
  const broker = fakeBroker((request) => (request === 1 ? open.promise : 'ack'))
  const { send, lane } = laneOn(broker)
  const [first, sameRequest] = [fault(send('a', 5)), fault(send('b', 1_000))]
  while (broker.requests() === 0) await new Promise(setImmediate)
  const behind = fault(send('c', 1_000))
  const elsewhere = send('d', 1_000, 1)
  const replayed = send('e')
  lane.expire(10)
  for (const one of [first, sameRequest, behind]) expect((await one).code).toBe('ack_timeout')
  open.resolve('fail')
  expect(await (await sameRequest).late).toBeNull()
  await Promise.all([elsewhere, replayed])
  await lane.close()
  expect(broker.log).toEqual(['d', 'e'])
})

test('once as many have come as lately waited at once, a request lingers no longer, however long it might', async () => {
  const broker = fakeBroker(() => 'ack')
  const { lane, send } = laneOn(broker, 3_600_000)
  await send('alone')
  expect(broker.requests()).toBe(1)
  await Promise.all(Array.from({ length: 8 }, (_, n) => send(`a${n}`)))
  expect(broker.requests()).toBe(2)
  const sent = Array.from({ length: 7 }, (_, n) => send(`b${n}`))
  await new Promise(setImmediate)
  expect(broker.requests()).toBe(2)
  await Promise.all([...sent, send('b7')])
  expect(broker.requests()).toBe(3)
  await lane.close()
})

test('nobody is waited for who does not come any more', async () => {
  const broker = fakeBroker(() => 'ack')
  const { lane, send } = laneOn(broker, 20)
  await Promise.all(Array.from({ length: 8 }, (_, n) => send(`a${n}`)))
  let waitedMs = Number.POSITIVE_INFINITY
  for (let n = 0; waitedMs > 10 && n < 100; n++) {
    const startedMs = performance.now()
    await send(String(n))
    waitedMs = performance.now() - startedMs
  }
  expect(waitedMs).toBeLessThanOrEqual(10)
  await lane.close()
})

test('records that come within the linger share a request', async () => {
  const broker = fakeBroker(() => 'ack')
  const { send, lane } = laneOn(broker, 60_000)
  const acks = Promise.all(['a', 'b', 'c'].map((value) => send(value)))
  await new Promise(setImmediate)
  await Promise.all([lane.close(), acks])
  expect(broker.requests()).toBe(1)
})

test('one partition without a leader: the others are acknowledged once, and go on while it is tried now and then (F3)', async () => {
  let isLed = false
  const log: string[] = []
  const connect = () =>
    ({
      connect: async () => undefined,
      disconnect: async () => undefined,
      async sendBatch({ topicMessages = [] }: ProducerBatch): Promise<RecordMetadata[]> {
        const acknowledged: RecordMetadata[] = []
        let failed = false
        for (const { messages } of topicMessages)
          for (const { partition = 0, value } of messages) {
            if (partition === 1 && !isLed) failed = true
            else {
              if (!acknowledged.some((one) => one.partition === partition))
                acknowledged.push({ topicName: 't', partition, errorCode: 0, baseOffset: String(log.length) })
              log.push(`${partition}:${value}`)
            }
          }
        if (failed) throw Object.assign(new Error('t/1 has no leader'), { acknowledged })
        return acknowledged
      },
    }) as unknown as KafkaProducer
  const { send, lane } = laneOn({ connect, log, producers: () => 0, requests: () => 0 })
  const stuck = send('a', Number.POSITIVE_INFINITY, 1)
  for (let n = 0; n < 20; n++) await send(String(n), Number.POSITIVE_INFINITY, 0)
  const behind = send('b', Number.POSITIVE_INFINITY, 1)
  expect(log).toEqual(Array.from({ length: 20 }, (_, n) => `0:${n}`))
  isLed = true
  await Promise.all([stuck, behind])
  expect(log.slice(20)).toEqual(['1:a', '1:b'])
  await lane.close()
})

test('a lane asks whom it was told of, and the metadata for what it was told before it last missed somebody', async () => {
  const asked: number[] = []
  const broker = fakeBroker(
    (request) => (request === 2 ? 'leave out' : 'ack'),
    (messages, partition) => asked.push(toldLeader(messages, partition)),
  )
  const { send, lane, placeOf } = laneOn(broker)
  const hear = (partition: number, leader: number) => Object.assign(placeOf(partition), { leader, heardMs: performance.now() })
  await send('nobody has said')
  hear(0, 7)
  hear(1, 8)
  await send('told, and not taken at first', undefined, 0)
  await send('told before that', undefined, 1)
  hear(1, 9)
  await send('told since', undefined, 1)
  expect(asked).toEqual([-1, 7, -1, -1, 9])
  await lane.close()
})
