import { setTimeout as sleep } from 'node:timers/promises'
import { Fault } from '../events/fault.ts'
import { type KafkaSettings, kafkaClient } from './connect.ts'
import { withCluster } from './patches/cluster.ts'
import { CONCURRENT, type Coordinator, createCoordinators, type ProducerOf, typeOf } from './patches/coordinators.ts'
import { DESCRIBE_TRANSACTIONS, describeTransaction, type LastTransaction, NONE } from './patches/describe-transactions.ts'
import { metadataOf } from './patches/metadata.ts'

/** How a transaction ended. */
type Verdict = 'committed' | 'aborted'

/** What our processes use an id with. */
export const TRANSACTION_TIMEOUT_MS = 5_000
/** The timeouts that a repetition gives its transaction. The coordinator keeps them, and nobody else uses them: whoever comes after
 *  a process that died amid its repetition reads in them what was to be repeated. */
export const REPEATING_MS: Readonly<Record<Verdict, number>> = { aborted: 60_000, committed: 60_001 }

const SETTLED_WITHIN_MS = 30_000
/** A topic that was just made is not known to every broker at once. */
const KNOWN_WITHIN_MS = 5_000
const AGAIN_MS = 20
const OFFSETS = '__consumer_offsets'
/** Error codes of a topic that a broker does not know, and of one that is led by nobody yet. */
const UNKNOWN_TOPIC = 3
const LEADER_NOT_AVAILABLE = 5

/** How the last transaction under this id ended is said once more to every partition it may have written to.
 *
 *  A broker says it once, and Kafka 4.2 to 4.3 (KAFKA-20734) not at all to a partition that nobody leads at that moment. What the
 *  transaction wrote there stays open: nobody can read on, the group's offsets stay unstable for ever, or the next transaction of
 *  this id ends it the other way, and what was aborted is read. To be called before the id is used again, by a process alone. */
export async function repeatVerdict(deps: {
  readonly client: KafkaSettings
  readonly transactionalId: string
  readonly groupId: string
  /** Topics that transactions under this id write to. */
  readonly topics: readonly string[]
}): Promise<void> {
  const { transactionalId, groupId } = deps
  const retry = { initialRetryTime: 50, multiplier: 2, factor: 0.2, maxRetryTime: 500, retries: 30 }
  await withCluster(kafkaClient(deps.client, { retry, requestTimeout: 5_000 }), async (cluster) => {
    const { askTransaction } = createCoordinators(cluster)
    const ask = <Answer>(send: (coordinator: Coordinator) => Promise<Answer>) => askTransaction(transactionalId, send)
    const last = await takeOver(ask, transactionalId)
    if (last === null) return
    const { verdict, ...producer } = last
    const topics = await ledPartitions(ask, deps.topics)
    await ask((coordinator) => coordinator.addPartitionsToTxn({ ...producer, topics }))
    await ask((coordinator) => coordinator.addOffsetsToTxn({ ...producer, groupId }))
    await ask((coordinator) => coordinator.endTxn({ ...producer, transactionResult: verdict === 'committed' }))
  })
}

type Ask = <Answer>(send: (coordinator: Coordinator) => Promise<Answer>) => Promise<Answer>

/** Ends what is still under way, and takes the id with the tag of how it ended; null: there is nothing to repeat. */
async function takeOver(ask: Ask, transactionalId: string): Promise<({ readonly verdict: Verdict } & ProducerOf) | null> {
  const giveUpAt = performance.now() + SETTLED_WITHIN_MS
  for (;;) {
    const last = await ask(async (coordinator) => {
      const isKnown = coordinator.versions?.[DESCRIBE_TRANSACTIONS] !== undefined // since Kafka 3.0
      return isKnown ? coordinator.connectionPool.send(describeTransaction(transactionalId)) : NONE
    })
    const { state, producerId, producerEpoch } = last
    const tagged = repeatedBy(last)
    // Nothing was written since the id was taken, by a process that had repeated what was before.
    if (state === null || (state === 'Empty' && tagged === null)) return null
    // Whoever asks for an epoch aborts what is under way, and that must not be a commit that is being repeated.
    if (state === 'Ongoing') await end(ask, { transactionalId, producerId, producerEpoch }, tagged === 'committed')
    const verdict = tagged ?? ENDED[state]
    if (state !== 'Ongoing' && verdict !== undefined) {
      const producer = await epochOf(ask, transactionalId, REPEATING_MS[verdict])
      if (producer !== null) return { verdict, ...producer }
    }
    if (performance.now() > giveUpAt)
      throw new Fault('transaction_failed', `The last transaction of ${transactionalId} does not end: it is ${state}.`)
    await sleep(AGAIN_MS)
  }
}

const ENDED: Readonly<Record<string, Verdict | undefined>> = { CompleteCommit: 'committed', CompleteAbort: 'aborted' }

const repeatedBy = ({ timeoutMs }: LastTransaction): Verdict | null =>
  timeoutMs === REPEATING_MS.committed ? 'committed' : timeoutMs === REPEATING_MS.aborted ? 'aborted' : null

/** In the name of the process that began it. It may have ended by itself meanwhile: whoever asks next is told. */
async function end(ask: Ask, producer: ProducerOf, transactionResult: boolean): Promise<void> {
  await ask((coordinator) => coordinator.endTxn({ ...producer, transactionResult })).catch((error: unknown) => {
    if (!OVERTAKEN.has(typeOf(error))) throw error
  })
}
const OVERTAKEN: ReadonlySet<string> = new Set(['INVALID_TXN_STATE', 'INVALID_PRODUCER_EPOCH', 'PRODUCER_FENCED'])

/** null: a transaction is under way again, or still ends. */
const epochOf = (ask: Ask, transactionalId: string, transactionTimeout: number): Promise<ProducerOf | null> =>
  ask(async (coordinator) => {
    try {
      return { transactionalId, ...(await coordinator.initProducerId({ transactionalId, transactionTimeout })) }
    } catch (error) {
      if (typeOf(error) === CONCURRENT) return null
      if (typeOf(error) !== 'INVALID_TRANSACTION_TIMEOUT') throw error
      throw new Fault(
        'transaction_failed',
        `The brokers allow no transaction of ${transactionTimeout} ms: raise transaction.max.timeout.ms.`,
      )
    }
  })

/** All partitions, once each of them, and of the group's offsets, has a leader for the broker that will send the markers. */
async function ledPartitions(ask: Ask, names: readonly string[]): Promise<{ topic: string; partitions: number[] }[]> {
  const askedFrom = performance.now()
  for (;;) {
    const { topics } = await ask((coordinator) => coordinator.connectionPool.send(metadataOf([...names, OFFSETS])))
    // Whether the group's offsets may be looked at is a right of its own; they are written without it.
    const told = topics.filter(({ name, errorCode }) => name !== OFFSETS || errorCode === 0)
    const missing = told.filter(({ errorCode, leaderless }) => errorCode !== 0 || leaderless.length > 0)
    if (missing.length === 0)
      return told
        .filter(({ name }) => name !== OFFSETS)
        .map(({ name, partitions }) => ({ topic: name, partitions: [...Array(partitions).keys()] }))
    const left = Math.min(...missing.map(({ errorCode }) => waitMsOf(errorCode))) - (performance.now() - askedFrom)
    if (left < 0) {
      const list = missing.map(({ name, errorCode, leaderless }) =>
        errorCode === 0 ? `${name} (nobody leads ${leaderless.join(', ')})` : `${name} (error ${errorCode} of the protocol)`,
      )
      throw new Fault('transaction_failed', `What was written last cannot be settled in these topics: ${list.join('; ')}.`)
    }
    await sleep(AGAIN_MS)
  }
}

function waitMsOf(errorCode: number): number {
  if (errorCode === 0 || errorCode === LEADER_NOT_AVAILABLE) return SETTLED_WITHIN_MS
  return errorCode === UNKNOWN_TOPIC ? KNOWN_WITHIN_MS : 0
}
