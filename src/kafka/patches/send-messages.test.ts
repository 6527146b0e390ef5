import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Fault, fakeCluster, logger } from './fake-cluster.ts'
import { stock, untouched } from './modules.ts'
import { acknowledgedOf, createSendMessages, type ProducerState, tellLeaders } from './send-messages.ts'
import { nextSequence, sequencesOf } from './sequences.ts'
import { createTransactionManager } from './transaction-manager.ts'

type Retrier = Parameters<typeof createSendMessages>[0]['retrier']
const createRetry = stock('src/retry/index.js') as (options: object) => Retrier
const stockSend = untouched('src/producer/sendMessages.js') as (deps: object) => ReturnType<typeof createSendMessages>
const stockState = untouched('src/producer/eosManager/index.js') as (deps: object) => ProducerState & {
  initProducerId(): Promise<void>
  getSequence(topic: string, partition: number): number
  updateSequence(topic: string, partition: number, records: number): void
}
type Fake = ReturnType<typeof fakeCluster>
const retrier = () => createRetry({ retries: 8, initialRetryTime: 2, maxRetryTime: 4 })
const partitioner = ({ message }: { message: { partition: number } }) => message.partition

const makers = {
  async stock({ forStock: cluster }: Fake) {
    const eosManager = stockState({ logger, cluster, transactional: false })
    await eosManager.initProducerId()
    return stockSend({ logger, cluster, retrier: retrier(), partitioner, eosManager })
  },
  async ours({ cluster }: Fake) {
    const eosManager = createTransactionManager({ cluster: cluster as never, transactional: false })
    await eosManager.initProducerId()
    return createSendMessages({ cluster, retrier: retrier(), eosManager })
  },
}
type Message = { partition: number; value: string }
const request = (...messages: Message[]) => ({ acks: -1, topicMessages: [{ topic: 't', messages }] })
const offsets = (answer: { partition: number; baseOffset?: string }[]) =>
  Object.fromEntries(answer.map(({ partition, baseOffset }) => [partition, Number(baseOffset)]))

test('no-ack-without-a-write: a leader moves to a broker that has answered already', async () => {
  const moved = () => {
    const fake = fakeCluster({ leaders: [1, 2] })
    fake.leaders[1] = 1 // and nobody has told us
    return fake
  }
  const both = request({ partition: 0, value: 'a' }, { partition: 1, value: 'b' })
  const stocked = moved()
  expect(offsets(await (await makers.stock(stocked))(both))).toEqual({ 0: 0 }) // resolves, and b is gone
  expect(stocked.logs).toEqual([['a'], []])
  const ours = moved()
  expect(offsets(await (await makers.ours(ours))(both))).toEqual({ 0: 0, 1: 0 })
  expect(ours.logs).toEqual([['a'], ['b']])
})

test('sequence-stays-with-its-batch: an acknowledgement is lost while other sends wait', async () => {
  const lossy = () => fakeCluster({ leaders: [1], fault: (turn) => (turn === 1 ? 'lose the answer' : null) })
  const send = async (make: (fake: Fake) => Promise<ReturnType<typeof createSendMessages>>, fake: Fake) => {
    const to = await make(fake)
    return Promise.all(['A', 'B', 'C'].map(async (value) => offsets(await to(request({ partition: 0, value })))[0]))
  }
  const stocked = lossy()
  expect(await send(makers.stock, stocked)).toEqual([2, 0, 1])
  expect(stocked.logs).toEqual([['A', 'C', 'A']]) // B is acknowledged and nowhere, A is there twice
  const ours = lossy()
  expect(await send(makers.ours, ours)).toEqual([0, 1, 2])
  expect(ours.logs).toEqual([['A', 'B', 'C']])
})

test('sequence-wraps-as-java-does: stock begins again at 0 wherever it passes the end', async () => {
  const { cluster } = fakeCluster({ leaders: [1] })
  const state = stockState({ logger, cluster, transactional: false })
  await state.initProducerId()
  state.updateSequence('t', 0, 2_147_483_000)
  state.updateSequence('t', 0, 1_000)
  expect(state.getSequence('t', 0)).toBe(0) // the broker expects 352 and answers OUT_OF_ORDER_SEQUENCE_NUMBER

  const ours = createTransactionManager({ cluster: cluster as never, transactional: false })
  await ours.initProducerId()
  const sequences = sequencesOf(ours)
  expect([2_147_483_000, 1_000, 1].map((records) => sequences.take('t', 0, records))).toEqual([0, 2_147_483_000, 352])
})

test.each([
  { first: 0, records: 1, next: 1 },
  { first: 2 ** 31 - 2, records: 1, next: 2 ** 31 - 1 },
  { first: 2 ** 31 - 1, records: 1, next: 0 },
  { first: 2 ** 31 - 1, records: 20_000, next: 19_999 },
])('after $records from $first comes $next', ({ first, records, next }) => {
  expect(nextSequence(first, records)).toBe(next)
})

test('a sender of the next transaction goes on with the sequences of the last, a new epoch begins anew', async () => {
  const { cluster } = fakeCluster({ leaders: [1] })
  const state = createTransactionManager({ cluster: cluster as never, transactional: false })
  await state.initProducerId()
  expect(sequencesOf(state).take('t', 0, 5)).toBe(0)
  expect(sequencesOf(state).take('t', 0, 5)).toBe(5)
  const bumped = Object.create(state, { getProducerEpoch: { value: () => 1 } }) as ProducerState
  expect(sequencesOf(bumped).take('t', 0, 5)).toBe(0)
})

const fault: fc.Arbitrary<Fault> = fc.constantFrom(null, null, null, 'refuse', 'lose the answer')
const story = fc.record({
  faults: fc.array(fault, { maxLength: 25 }),
  moves: fc.array(fc.option(fc.record({ partition: fc.nat(3), to: fc.integer({ min: 1, max: 3 }) }), { freq: 2 }), { maxLength: 25 }),
  sends: fc.array(fc.array(fc.nat(3), { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 12 }),
})

test('once-and-in-order: leaders move, requests and answers are lost, sends are made side by side', async () => {
  await fc.assert(
    fc.asyncProperty(story, async ({ faults, moves, sends }) => {
      const fake = fakeCluster({
        leaders: [1, 2, 3, 1],
        fault: (turn) => faults[turn - 1] ?? null,
        beforeProduce(turn) {
          const move = moves[turn - 1]
          if (move) fake.leaders[move.partition] = move.to
        },
      })
      const { cluster } = fake
      const eosManager = createTransactionManager({ cluster: cluster as never, transactional: false })
      await eosManager.initProducerId()
      const send = createSendMessages({ cluster, eosManager, retrier: createRetry({ retries: 60, initialRetryTime: 0, maxRetryTime: 1 }) })
      const sent = await Promise.all(
        sends.map(async (partitions, i) => {
          const messages = partitions.map((partition, j) => ({ partition, value: `${i}.${j}` }))
          return { messages, answer: offsets(await send(request(...messages))) }
        }),
      )
      for (const partition of [0, 1, 2, 3]) {
        const expected = sent.flatMap(({ messages }) => messages.flatMap((one) => (one.partition === partition ? [one.value] : [])))
        expect(fake.logs[partition]).toEqual(expected)
        for (const { messages, answer } of sent) {
          const first = messages.find((one) => one.partition === partition)
          if (first !== undefined) expect(fake.logs[partition]?.[answer[partition] ?? -1]).toBe(first.value)
        }
      }
    }),
    { numRuns: 60 },
  )
}, 30_000)

test('what can never be written is not tried again, and the rest is waited for', async () => {
  const fake = fakeCluster({ leaders: [1, -1] })
  const send = await makers.ours(fake)
  await expect(send(request({ partition: 0, value: 'a' }, { partition: 1, value: 'b' }))).rejects.toThrow('t/1 has no leader')
  expect(fake.logs).toEqual([['a'], []]) // and nothing twice
  const error: unknown = await send(request({ partition: 0, value: 'c' }, { partition: 1, value: 'd' })).catch((thrown: unknown) => thrown)
  expect(acknowledgedOf(error)).toMatchObject([{ topicName: 't', partition: 0, errorCode: 0, baseOffset: '1' }])
  await expect(send({ acks: -1, topicMessages: [{ topic: 't', messages: [{ value: 'x' }] }] })).rejects.toThrow('no partition')
})

test('acknowledged-beside-a-refused: one partition is not led where it is asked, all others are written once', async () => {
  const messages = [0, 1, 2].map((partition) => ({ partition, value: String(partition) }))
  const send = async (make: (fake: Fake) => Promise<ReturnType<typeof createSendMessages>>, fake: Fake) => {
    fake.leaders[1] = 2 // and nobody ever says so
    fake.cluster.refreshMetadata = fake.forStock.refreshMetadata = async () => undefined
    const to = await make(fake)
    const failed = async () =>
      acknowledgedOf(await to(request(...messages)).catch((error: unknown) => error)).map(({ partition }) => partition)
    return [await failed(), await failed()]
  }
  const stocked = fakeCluster({ leaders: [1, 1, 1] })
  expect(await send(makers.stock, stocked)).toEqual([[], []]) // nobody knows what was written
  const ours = fakeCluster({ leaders: [1, 1, 1] })
  expect(await send(makers.ours, ours)).toEqual([
    [0, 2],
    [0, 2],
  ])
  expect(ours.logs).toEqual([['0', '0'], [], ['2', '2']])
})

test('refused-beside-an-open-one: what is final for one partition ends nothing for another that may be asked again', async () => {
  const fake = fakeCluster({ leaders: [1, 1], refuses: 0 })
  fake.leaders[1] = 2 // which the first answer tells
  const send = await makers.ours(fake)
  const error: unknown = await send(request({ partition: 0, value: 'a' }, { partition: 1, value: 'b' })).catch((thrown: unknown) => thrown)
  expect(String(error)).toContain('t/0: ')
  expect(acknowledgedOf(error)).toMatchObject([{ partition: 1, baseOffset: '0' }])
  expect(fake.logs).toEqual([[], ['b']])
})

test('who is told to lead is asked first, and the metadata say who is when that was wrong', async () => {
  const fake = fakeCluster({ leaders: [1, 2] })
  fake.leaders[1] = 1 // which the metadata of this producer do not know
  const send = await makers.ours(fake)
  const both = request({ partition: 0, value: 'a' }, { partition: 1, value: 'b' })
  for (const { messages } of both.topicMessages) tellLeaders(messages, () => 1)
  expect(await send(both)).toMatchObject([{ leader: 1 }, { leader: 1 }])
  expect(fake.requests()).toBe(1)

  const wrong = request({ partition: 1, value: 'c' })
  for (const { messages } of wrong.topicMessages) tellLeaders(messages, () => 2)
  expect(await send(wrong)).toMatchObject([{ leader: 1, baseOffset: '1' }])
  expect(fake.logs).toEqual([['a'], ['b', 'c']])
})
