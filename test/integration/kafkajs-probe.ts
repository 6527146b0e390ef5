import { createRequire } from 'node:module'
import { connect, type Socket } from 'node:net'
import type * as Kafkajs from 'kafkajs'

/** One thing done with kafkajs as npm has it, or with our patches: the first argument says what, as JSON. It runs in a
 *  process of its own, since patches are for a whole process. */
export type ProbeConfig = {
  readonly patched: boolean
  readonly brokers: readonly string[]
  readonly topic: string
  readonly probe: 'consume' | 'two leaders' | 'lost answer'
}
export type ProbeNews =
  | { readonly kind: 'records'; readonly values: string[] }
  | { readonly kind: 'fetched'; readonly position: number }
  | { readonly kind: 'ready' }
  | { readonly kind: 'acknowledged'; readonly partitions: number[] }
  | { readonly kind: 'failed'; readonly error: string }

const config = JSON.parse(process.argv[2] ?? '{}') as ProbeConfig
const { topic } = config
const tell = (news: ProbeNews): void => void process.send?.(news)
if (config.patched) await import('../../src/kafka/client.ts')
const { Kafka, logLevel } = createRequire(import.meta.url)('kafkajs') as typeof Kafkajs

const client = (more: Partial<Kafkajs.KafkaConfig> = {}) =>
  new Kafka({
    clientId: 'probe',
    brokers: [...config.brokers],
    logLevel: logLevel.NOTHING,
    retry: { initialRetryTime: 50, maxRetryTime: 500, retries: 12 },
    ...more,
  })

/** Reads committed records from the beginning, and tells where it stands after every fetch. */
async function consume(): Promise<void> {
  const consumer = client().consumer({ groupId: `probe-${topic}-${process.pid}`, maxWaitTimeInMs: 50 })
  let position = 0
  consumer.on(consumer.events.FETCH, () => tell({ kind: 'fetched', position }))
  await consumer.connect()
  await consumer.subscribe({ topics: [topic], fromBeginning: true })
  await consumer.run({
    autoCommit: false,
    eachBatch: async ({ batch }) => {
      position = Number(batch.lastOffset()) + 1
      const { records = batch.messages } = batch as { records?: readonly { value: Buffer | null }[] } // `records` are ours
      tell({ kind: 'records', values: records.map(({ value }) => String(value?.subarray(0, 20))) })
    },
  })
}

async function newProducer(more: Partial<Kafkajs.KafkaConfig> = {}): Promise<Kafkajs.Producer> {
  const createPartitioner =
    () =>
    ({ message }: Kafkajs.PartitionerArgs) =>
      message.partition ?? 0
  const producer = client(more).producer({ idempotent: true, maxInFlightRequests: 1, createPartitioner })
  await producer.connect()
  return producer
}
async function send(producer: Kafkajs.Producer, ...messages: { partition: number; value: string }[]): Promise<void> {
  await producer.send({ topic, messages }).then(
    (answer) => tell({ kind: 'acknowledged', partitions: answer.map(({ partition }) => partition) }),
    (error: Error) => tell({ kind: 'failed', error: error.message }),
  )
}

/** Sends to both partitions once, and once more when it is told that a leader has moved. */
async function twoLeaders(): Promise<void> {
  const producer = await newProducer()
  await send(producer, { partition: 0, value: 'a0' }, { partition: 1, value: 'b0' })
  process.once('message', () => void send(producer, { partition: 0, value: 'a1' }, { partition: 1, value: 'b1' }))
  tell({ kind: 'ready' })
}

const PRODUCE = 0

/** A socket that swallows the answer to the first produce request after `arm`. */
function swallowing(): { readonly socketFactory: Kafkajs.ISocketFactory; arm(): void } {
  let armed = false
  const socketFactory: Kafkajs.ISocketFactory = ({ host, port, onConnect }) => {
    const socket: Socket = connect({ host, port }, onConnect)
    const { write, emit } = socket
    let swallow = false
    socket.write = ((bytes: Buffer, ...rest: never[]) => {
      if (armed && bytes.readInt16BE(4) === PRODUCE) [armed, swallow] = [false, true]
      return write.call(socket, bytes, ...rest)
    }) as typeof socket.write
    socket.emit = ((event: string, ...args: never[]) => {
      if (event !== 'data' || !swallow) return emit.call(socket, event, ...args)
      swallow = false // one request is under way, so this is its answer
      return true
    }) as typeof socket.emit
    return socket
  }
  return {
    socketFactory,
    arm: () => {
      armed = true
    },
  }
}

/** Three sends side by side, the answer to the first lost on its way. */
async function lostAnswer(): Promise<void> {
  const { socketFactory, arm } = swallowing()
  const producer = await newProducer({ socketFactory, requestTimeout: 2_000 })
  arm()
  await Promise.all(['A', 'B', 'C'].map((value) => send(producer, { partition: 0, value })))
  tell({ kind: 'ready' })
}

const probes = { consume, 'two leaders': twoLeaders, 'lost answer': lostAnswer }
probes[config.probe]().catch((error: unknown) => tell({ kind: 'failed', error: String(error) }))
