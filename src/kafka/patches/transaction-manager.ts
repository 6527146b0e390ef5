import { type CoordinatedCluster, createCoordinators, type ProducerOf } from './coordinators.ts'
import { replace } from './modules.ts'
import type { TopicData } from './produce-request.ts'
import type { ProducerState } from './send-messages.ts'

type Cluster = CoordinatedCluster & { refreshMetadataIfNecessary(): Promise<void> }
type Deps = {
  readonly cluster: Cluster
  readonly transactionTimeout?: number
  readonly transactional: boolean
  readonly transactionalId?: string
}
type State = 'uninitialized' | 'ready' | 'transacting' | 'ending'

export type TransactionManager = ProducerState & {
  initProducerId(): Promise<void>
  beginTransaction(): void
  isInTransaction(): boolean
  sendOffsets(request: { consumerGroupId: string; topics: unknown }): Promise<void>
  commit(): Promise<void>
  abort(): Promise<void>
}

/** Replaces kafkajs's eosManager. It knows its coordinators, so that a transaction takes 5 requests instead of 9, and
 *  repeats a request only when the answer says that nothing has happened. After any other failure it is done: only a new
 *  producer of the same id, which ends what is open, can go on. */
export function createTransactionManager(deps: Deps): TransactionManager {
  const { cluster, transactional, transactionTimeout = 60_000, transactionalId = '' } = deps
  let state: State = 'uninitialized'
  let producerId = '-1'
  let producerEpoch = 0
  let partitions = new Set<string>()
  let hasOffsets = false
  /** Partitions or offsets that are being told. */
  let open = 0
  const { askTransaction, askGroup, askAnyone } = createCoordinators(cluster)

  const id = (): ProducerOf => ({ transactionalId, producerId, producerEpoch })
  const demand = (...states: State[]): void => {
    if (!states.includes(state)) throw final(`the transaction is ${state}`)
  }

  const end = async (transactionResult: boolean): Promise<void> => {
    demand('transacting')
    if (open > 0) throw final('the transaction is to end amid what it is told')
    state = 'ending'
    if (partitions.size > 0 || hasOffsets)
      await askTransaction(transactionalId, (coordinator) => coordinator.endTxn({ ...id(), transactionResult }))
    partitions = new Set()
    hasOffsets = false
    state = 'ready'
  }

  /** No end comes amid `work`. */
  const told = async (work: () => Promise<void>): Promise<void> => {
    demand('transacting')
    open++
    try {
      await work()
    } finally {
      open--
    }
  }

  return {
    isInitialized: () => producerId !== '-1',
    isTransactional: () => transactional,
    isInTransaction: () => state === 'transacting',
    getTransactionalId: () => transactionalId,
    getProducerId: () => producerId,
    getProducerEpoch: () => producerEpoch,
    async initProducerId() {
      demand('uninitialized', 'ready')
      await cluster.refreshMetadataIfNecessary()
      const made = transactional
        ? await askTransaction(transactionalId, (coordinator) => coordinator.initProducerId({ transactionalId, transactionTimeout }))
        : await askAnyone((broker) => broker.initProducerId({ transactionTimeout }))
      producerId = made.producerId
      producerEpoch = made.producerEpoch
      state = 'ready'
    },
    beginTransaction() {
      demand('ready')
      state = 'transacting'
    },
    addPartitionsToTransaction: (topicData: readonly TopicData[]) =>
      told(async () => {
        const topics = topicData.flatMap(({ topic, partitions: all }) => {
          const fresh = all.flatMap(({ partition }) => (partitions.has(`${topic}/${partition}`) ? [] : [partition]))
          return fresh.length === 0 ? [] : [{ topic, partitions: fresh }]
        })
        if (topics.length === 0) return
        await askTransaction(transactionalId, (coordinator) => coordinator.addPartitionsToTxn({ ...id(), topics }))
        for (const { topic, partitions: added } of topics) for (const partition of added) partitions.add(`${topic}/${partition}`)
      }),
    sendOffsets: ({ consumerGroupId: groupId, topics }) =>
      told(async () => {
        await askTransaction(transactionalId, (coordinator) => coordinator.addOffsetsToTxn({ ...id(), groupId }))
        hasOffsets = true
        await askGroup(groupId, (coordinator) => coordinator.txnOffsetCommit({ ...id(), groupId, topics }))
      }),
    commit: () => end(true),
    abort: () => end(false),
  }
}

/** An error that kafkajs's retrier does not try again. */
const final = (message: string): Error => Object.assign(new Error(message), { retriable: false })

export const applyTransactionManager = (): void => replace('src/producer/eosManager/index.js', createTransactionManager)
