import { setTimeout as sleep } from 'node:timers/promises'
import { replace } from './modules.ts'
import type { TopicData } from './produce-request.ts'
import type { ProducerState } from './send-messages.ts'

type Id = { readonly transactionalId: string; readonly producerId: string; readonly producerEpoch: number }
type Coordinator = {
  initProducerId(request: { transactionalId?: string; transactionTimeout: number }): Promise<{ producerId: string; producerEpoch: number }>
  addPartitionsToTxn(request: Id & { topics: { topic: string; partitions: number[] }[] }): Promise<unknown>
  addOffsetsToTxn(request: Id & { groupId: string }): Promise<unknown>
  txnOffsetCommit(request: Id & { groupId: string; topics: unknown }): Promise<unknown>
  endTxn(request: Id & { transactionResult: boolean }): Promise<unknown>
}
type Cluster = {
  refreshMetadataIfNecessary(): Promise<void>
  refreshMetadata(): Promise<void>
  findControllerBroker(): Promise<Coordinator>
  findGroupCoordinatorMetadata(of: { groupId: string; coordinatorType: number }): Promise<{ coordinator: { nodeId: number } }>
  findBroker(node: { nodeId: number }): Promise<Coordinator>
}
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

/** kafkajs's coordinatorTypes. */
const GROUP = 0
const TRANSACTION = 1

/** Answers that say that nothing has happened: the same request may be sent again. Whatever else fails, a lost connection
 *  above all, leaves the outcome open. Both spellings, since kafkajs names codes 14 to 16 by their old names. */
const BUSY = new Set(['CONCURRENT_TRANSACTIONS', 'COORDINATOR_LOAD_IN_PROGRESS', 'GROUP_LOAD_IN_PROGRESS', 'UNKNOWN_TOPIC_OR_PARTITION'])
const MOVED = new Set(['NOT_COORDINATOR', 'NOT_COORDINATOR_FOR_GROUP', 'COORDINATOR_NOT_AVAILABLE', 'GROUP_COORDINATOR_NOT_AVAILABLE'])
/** The usual wait is for the end of the transaction before, a few milliseconds; kafkajs sleeps 300. */
const PAUSE_MS = { first: 5, times: 1.5, most: 200 }
const GIVE_UP_MS = 30_000

/** Replaces kafkajs's eosManager. It knows its coordinators, so that a transaction takes 5 round trips instead of 9, and
 *  repeats a request only when the answer says that nothing has happened. After any other failure it is done: only a new
 *  producer of the same id, which ends what is open, can go on. */
export function createTransactionManager(deps: Deps): TransactionManager {
  const { cluster, transactional, transactionTimeout = 60_000, transactionalId = '' } = deps
  let state: State = 'uninitialized'
  let producerId = '-1'
  let producerEpoch = 0
  let partitions = new Set<string>()
  let hasOffsets = false
  const coordinators = new Map<string, number>()

  const id = (): Id => ({ transactionalId, producerId, producerEpoch })
  const demand = (...states: State[]): void => {
    if (!states.includes(state)) throw final(`the transaction is ${state}`)
  }

  const coordinatorOf = async (type: number, name: string): Promise<Coordinator> => {
    const key = `${type}/${name}`
    const known = coordinators.get(key)
    if (known !== undefined) return cluster.findBroker({ nodeId: known })
    const { coordinator } = await cluster.findGroupCoordinatorMetadata({ groupId: name, coordinatorType: type })
    const broker = await cluster.findBroker(coordinator)
    coordinators.set(key, coordinator.nodeId)
    return broker
  }

  /** Until an answer is final. What is thrown by `find` was never sent. */
  const ask = async <T>(
    find: () => Promise<Coordinator>,
    send: (coordinator: Coordinator) => Promise<T>,
    onMoved: () => void,
  ): Promise<T> => {
    const giveUpAt = performance.now() + GIVE_UP_MS
    for (let pauseMs = PAUSE_MS.first; ; pauseMs = Math.min(pauseMs * PAUSE_MS.times, PAUSE_MS.most)) {
      let sent = false
      try {
        const coordinator = await find()
        sent = true
        return await send(coordinator)
      } catch (error) {
        const why = typeOf(error)
        if ((sent && !BUSY.has(why) && !MOVED.has(why)) || isFinal(error) || performance.now() > giveUpAt) throw error
        if (!BUSY.has(why)) {
          onMoved()
          await cluster.refreshMetadata().catch(() => undefined) // asked again with the next try
        }
      }
      await sleep(pauseMs)
    }
  }
  const askCoordinator = <T>(type: number, name: string, send: (coordinator: Coordinator) => Promise<T>): Promise<T> =>
    ask(
      () => coordinatorOf(type, name),
      send,
      () => coordinators.delete(`${type}/${name}`),
    )
  const askTransaction = <T>(send: (coordinator: Coordinator) => Promise<T>): Promise<T> =>
    askCoordinator(TRANSACTION, transactionalId, send)
  /** Any broker gives ids out; one that has just started says LOAD_IN_PROGRESS until it has got some from the controller. */
  const askAnyone = <T>(send: (broker: Coordinator) => Promise<T>): Promise<T> =>
    ask(
      () => cluster.findControllerBroker(),
      send,
      () => undefined,
    )

  const end = async (transactionResult: boolean): Promise<void> => {
    demand('transacting')
    state = 'ending'
    if (partitions.size > 0 || hasOffsets) await askTransaction((coordinator) => coordinator.endTxn({ ...id(), transactionResult }))
    partitions = new Set()
    hasOffsets = false
    state = 'ready'
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
        ? await askTransaction((coordinator) => coordinator.initProducerId({ transactionalId, transactionTimeout }))
        : await askAnyone((broker) => broker.initProducerId({ transactionTimeout }))
      producerId = made.producerId
      producerEpoch = made.producerEpoch
      state = 'ready'
    },
    beginTransaction() {
      demand('ready')
      state = 'transacting'
    },
    async addPartitionsToTransaction(topicData: readonly TopicData[]) {
      demand('transacting')
      const topics = topicData.flatMap(({ topic, partitions: all }) => {
        const fresh = all.flatMap(({ partition }) => (partitions.has(`${topic}/${partition}`) ? [] : [partition]))
        return fresh.length === 0 ? [] : [{ topic, partitions: fresh }]
      })
      if (topics.length === 0) return
      await askTransaction((coordinator) => coordinator.addPartitionsToTxn({ ...id(), topics }))
      for (const { topic, partitions: added } of topics) for (const partition of added) partitions.add(`${topic}/${partition}`)
    },
    async sendOffsets({ consumerGroupId: groupId, topics }) {
      demand('transacting')
      await askTransaction((coordinator) => coordinator.addOffsetsToTxn({ ...id(), groupId }))
      hasOffsets = true
      await askCoordinator(GROUP, groupId, (coordinator) => coordinator.txnOffsetCommit({ ...id(), groupId, topics }))
    },
    commit: () => end(true),
    abort: () => end(false),
  }
}

const typeOf = (error: unknown): string => (error instanceof Error && 'type' in error && typeof error.type === 'string' ? error.type : '')

const isFinal = (error: unknown): boolean => error instanceof Error && 'retriable' in error && error.retriable === false

/** An error that kafkajs's retrier does not try again. */
const final = (message: string): Error => Object.assign(new Error(message), { retriable: false })

export const applyTransactionManager = (): void => replace('src/producer/eosManager/index.js', createTransactionManager)
