import { setTimeout as sleep } from 'node:timers/promises'
import type { Call } from './cluster.ts'

/** Who writes in which transaction. */
export type ProducerOf = { readonly transactionalId: string; readonly producerId: string; readonly producerEpoch: number }

/** The parts of kafkajs's Broker that transactions need. */
export type Coordinator = {
  /** What the broker understands, by API key. */
  readonly versions: Readonly<Record<number, unknown>> | null
  readonly connectionPool: { send<Answer>(call: Call<Answer>): Promise<Answer> }
  initProducerId(request: { transactionalId?: string; transactionTimeout: number }): Promise<{ producerId: string; producerEpoch: number }>
  addPartitionsToTxn(request: ProducerOf & { topics: { topic: string; partitions: number[] }[] }): Promise<unknown>
  addOffsetsToTxn(request: ProducerOf & { groupId: string }): Promise<unknown>
  txnOffsetCommit(request: ProducerOf & { groupId: string; topics: unknown }): Promise<unknown>
  endTxn(request: ProducerOf & { transactionResult: boolean }): Promise<unknown>
}

export type CoordinatedCluster = {
  refreshMetadata(): Promise<void>
  findControllerBroker(): Promise<Coordinator>
  findGroupCoordinatorMetadata(of: { groupId: string; coordinatorType: number }): Promise<{ coordinator: { nodeId: number } }>
  findBroker(node: { nodeId: number }): Promise<Coordinator>
}

export type Coordinators = {
  /** Of a transactional id. */
  askTransaction<Answer>(transactionalId: string, send: (coordinator: Coordinator) => Promise<Answer>): Promise<Answer>
  askGroup<Answer>(groupId: string, send: (coordinator: Coordinator) => Promise<Answer>): Promise<Answer>
  /** Any broker gives ids out; one that has just started says LOAD_IN_PROGRESS until it has got some from the controller. */
  askAnyone<Answer>(send: (broker: Coordinator) => Promise<Answer>): Promise<Answer>
}

/** kafkajs's coordinatorTypes. */
const GROUP = 0
const TRANSACTION = 1

/** What a coordinator says that still ends the transaction before. */
export const CONCURRENT = 'CONCURRENT_TRANSACTIONS'
/** Answers that say that nothing has happened: the same request may be sent again. Whatever else fails, a lost connection
 *  above all, leaves the outcome open. Both spellings, since kafkajs names codes 14 to 16 by their old names. */
const BUSY = new Set([CONCURRENT, 'COORDINATOR_LOAD_IN_PROGRESS', 'GROUP_LOAD_IN_PROGRESS', 'UNKNOWN_TOPIC_OR_PARTITION'])
const MOVED = new Set(['NOT_COORDINATOR', 'NOT_COORDINATOR_FOR_GROUP', 'COORDINATOR_NOT_AVAILABLE', 'GROUP_COORDINATOR_NOT_AVAILABLE'])
/** The usual wait is for the end of the transaction before, a few milliseconds; kafkajs sleeps 300. */
const PAUSE_MS = { first: 5, times: 1.5, most: 200 }
const GIVE_UP_MS = 30_000

/** Knows the coordinators it has asked, and repeats a request only when the answer says that nothing has happened. */
export function createCoordinators(cluster: CoordinatedCluster): Coordinators {
  const known = new Map<string, number>()

  const coordinatorOf = async (type: number, name: string): Promise<Coordinator> => {
    const key = `${type}/${name}`
    const nodeId = known.get(key)
    if (nodeId !== undefined) return cluster.findBroker({ nodeId })
    const { coordinator } = await cluster.findGroupCoordinatorMetadata({ groupId: name, coordinatorType: type })
    const broker = await cluster.findBroker(coordinator)
    known.set(key, coordinator.nodeId)
    return broker
  }

  /** Until an answer is final. What is thrown by `find` was never sent. */
  const ask = async <Answer>(
    find: () => Promise<Coordinator>,
    send: (coordinator: Coordinator) => Promise<Answer>,
    onMoved: () => void,
  ): Promise<Answer> => {
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
  const askCoordinator = <Answer>(type: number, name: string, send: (coordinator: Coordinator) => Promise<Answer>): Promise<Answer> =>
    ask(
      () => coordinatorOf(type, name),
      send,
      () => known.delete(`${type}/${name}`),
    )

  return {
    askTransaction: (transactionalId, send) => askCoordinator(TRANSACTION, transactionalId, send),
    askGroup: (groupId, send) => askCoordinator(GROUP, groupId, send),
    askAnyone: (send) =>
      ask(
        () => cluster.findControllerBroker(),
        send,
        () => undefined,
      ),
  }
}

/** kafkajs's name of a protocol error. */
export const typeOf = (error: unknown): string =>
  error instanceof Error && 'type' in error && typeof error.type === 'string' ? error.type : ''

const isFinal = (error: unknown): boolean => error instanceof Error && 'retriable' in error && error.retriable === false
