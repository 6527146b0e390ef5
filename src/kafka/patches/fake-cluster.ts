import { stock } from './modules.ts'
import type { Answer, Broker, Cluster } from './send-messages.ts'
import { nextSequence } from './sequences.ts'
import { failOn } from './wire.ts'

/** Brokers of one topic in memory, with Kafka's rules for sequences, for the tests of what is between a send and them.
 *  `fault` is asked before and after each produce request is carried out. */
export type Fault = 'refuse' | 'lose the answer' | null
type Written = { readonly first: number; readonly last: number; readonly baseOffset: number }
type Request = {
  topicData: { topic: string; partitions: { partition: number; messages: { value: unknown }[]; firstSequence: number }[] }[]
}

const { KafkaJSRequestTimeoutError } = stock('src/errors.js') as { KafkaJSRequestTimeoutError: new (message: string) => Error }
const NOT_LEADER = 6
const TOO_LARGE = 10
const OUT_OF_ORDER = 45
const KEPT_BATCHES = 5

/** `refuses`: a partition that takes nothing. */
export function fakeCluster(options: {
  leaders: number[]
  refuses?: number
  fault?: (request: number) => Fault
  beforeProduce?: (request: number) => void
}) {
  const leaders = [...options.leaders]
  let seen = [...leaders]
  let requests = 0
  const logs = leaders.map((): unknown[] => [])
  const written = leaders.map((): Written[] => [])

  const append = (partition: number, messages: { value: unknown }[], first: number): string | null => {
    const [log, batches] = [logs[partition] ?? [], written[partition] ?? []]
    const last = nextSequence(first, messages.length - 1)
    const again = batches.find((batch) => batch.first === first && batch.last === last)
    if (again !== undefined) return String(again.baseOffset)
    const before = batches.at(-1)
    if (first !== (before === undefined ? 0 : nextSequence(before.last, 1))) return null
    batches.push({ first, last, baseOffset: log.length })
    if (batches.length > KEPT_BATCHES) batches.shift()
    log.push(...messages.map(({ value }) => value))
    return String(log.length - messages.length)
  }

  const brokers = new Map<number, Broker>()
  const brokerOf = (nodeId: number): Broker => ({
    nodeId,
    async produce(request): Promise<Answer> {
      const { topicData } = request as Request
      const turn = ++requests
      options.beforeProduce?.(turn)
      const fault = options.fault?.(turn) ?? null
      await new Promise(setImmediate)
      if (fault === 'refuse') throw new KafkaJSRequestTimeoutError('timed out')
      const topics = topicData.map(({ topic, partitions }) => ({
        topicName: topic,
        partitions: partitions.map(({ partition, messages, firstSequence }) => {
          if (partition === options.refuses) return { partition, errorCode: TOO_LARGE }
          if (leaders[partition] !== nodeId) return { partition, errorCode: NOT_LEADER }
          const baseOffset = append(partition, messages, firstSequence)
          return baseOffset === null ? { partition, errorCode: OUT_OF_ORDER } : { partition, errorCode: 0, baseOffset }
        }),
      }))
      if (fault === 'lose the answer') throw new KafkaJSRequestTimeoutError('timed out')
      return { topics }
    },
  })

  const cluster: Cluster = {
    isConnected: () => true,
    connect: async () => undefined,
    addMultipleTargetTopics: async () => undefined,
    refreshMetadataIfNecessary: async () => undefined,
    async refreshMetadata() {
      seen = [...leaders]
    },
    findTopicPartitionMetadata: () => seen.map((leader, partitionId) => ({ partitionId, leader })),
    async findBroker({ nodeId }) {
      const broker = brokers.get(Number(nodeId)) ?? brokerOf(Number(nodeId))
      brokers.set(Number(nodeId), broker)
      return broker
    },
    removeBroker: () => undefined,
  }
  /** As stock knows it: one partition's error is thrown for the whole answer. */
  const throwing = new Map<Broker, Broker>()
  const forStock = {
    ...cluster,
    async findBroker(node: { nodeId: number }): Promise<Broker> {
      const broker = await cluster.findBroker(node)
      return throwing.getOrInsertComputed(broker, () => ({
        ...broker,
        async produce(request) {
          const answer = await broker.produce(request)
          for (const { partitions } of answer.topics) for (const { errorCode } of partitions) failOn(errorCode)
          return answer
        },
      }))
    },
    retry: {},
    findControllerBroker: async () => ({ initProducerId: async () => ({ producerId: '7', producerEpoch: 0 }) }),
    findLeaderForPartitions: (_topic: string, partitions: (string | number)[]) =>
      Object.groupBy(
        partitions.map(Number),
        (partition) => String(seen[partition]), // keys of the answer are node ids
      ),
  }
  return {
    cluster: Object.assign(cluster, { findControllerBroker: forStock.findControllerBroker }),
    forStock,
    leaders,
    logs,
    requests: () => requests,
  }
}

const silent = {
  debug: () => undefined,
  error: () => undefined,
  warn: () => undefined,
  info: () => undefined,
  namespace: (): object => silent,
}
export const logger = silent
