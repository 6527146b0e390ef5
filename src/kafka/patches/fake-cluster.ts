import { stock } from './modules.ts'
import type { Answer, Broker, Cluster } from './send-messages.ts'
import { nextSequence } from './sequences.ts'

/** Brokers of one topic in memory, with Kafka's rules for sequences, for the tests of what is between a send and them.
 *  `fault` is asked before and after each produce request is carried out. */
export type Fault = 'refuse' | 'lose the answer' | null
type Written = { readonly first: number; readonly last: number; readonly baseOffset: number }
type Request = {
  topicData: { topic: string; partitions: { partition: number; messages: { value: unknown }[]; firstSequence: number }[] }[]
}

const { createErrorFromCode } = stock('src/protocol/error.js') as { createErrorFromCode(code: number): Error }
const { KafkaJSRequestTimeoutError } = stock('src/errors.js') as { KafkaJSRequestTimeoutError: new (message: string) => Error }
const NOT_LEADER = 6
const OUT_OF_ORDER = 45
const KEPT_BATCHES = 5

export function fakeCluster(options: { leaders: number[]; fault?: (request: number) => Fault; beforeProduce?: (request: number) => void }) {
  const leaders = [...options.leaders]
  let seen = [...leaders]
  let requests = 0
  const logs = leaders.map((): unknown[] => [])
  const written = leaders.map((): Written[] => [])

  const append = (partition: number, messages: { value: unknown }[], first: number): string => {
    const [log, batches] = [logs[partition] ?? [], written[partition] ?? []]
    const last = nextSequence(first, messages.length - 1)
    const again = batches.find((batch) => batch.first === first && batch.last === last)
    if (again !== undefined) return String(again.baseOffset)
    const before = batches.at(-1)
    if (first !== (before === undefined ? 0 : nextSequence(before.last, 1))) throw createErrorFromCode(OUT_OF_ORDER)
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
      let error: unknown
      const topics = topicData.map(({ topic, partitions }) => ({
        topicName: topic,
        partitions: partitions.map(({ partition, messages, firstSequence }) => {
          try {
            if (leaders[partition] !== nodeId) throw createErrorFromCode(NOT_LEADER)
            return { partition, errorCode: 0, baseOffset: append(partition, messages, firstSequence) }
          } catch (wrong) {
            error = wrong
            return { partition, errorCode: -1 }
          }
        }),
      }))
      if (fault === 'lose the answer') throw new KafkaJSRequestTimeoutError('timed out')
      if (error !== undefined) throw error // kafkajs throws on one partition's error for the whole answer
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
  /** Only stock asks for them. */
  const forStock = {
    retry: {},
    findControllerBroker: async () => ({ initProducerId: async () => ({ producerId: '7', producerEpoch: 0 }) }),
    findLeaderForPartitions: (_topic: string, partitions: (string | number)[]) =>
      Object.groupBy(
        partitions.map(Number),
        (partition) => String(seen[partition]), // keys of the answer are node ids
      ),
  }
  return { cluster: Object.assign(cluster, forStock), leaders, logs, requests: () => requests }
}

const silent = {
  debug: () => undefined,
  error: () => undefined,
  warn: () => undefined,
  info: () => undefined,
  namespace: (): object => silent,
}
export const logger = silent
