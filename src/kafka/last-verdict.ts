import { setTimeout as sleep } from 'node:timers/promises'
import { Fault } from '../events/fault.ts'
import { type KafkaSettings, kafkaClient } from './connect.ts'
import { type OwnBroker, type OwnCluster, withCluster } from './patches/cluster.ts'
import { DESCRIBE_TRANSACTIONS, describeTransaction } from './patches/describe-transactions.ts'
import { coordinatorMoves } from './patches/groups.ts'
import { metadataOf } from './patches/metadata.ts'

const SETTLED_WITHIN_MS = 30_000
const AGAIN_MS = 50
const TRANSACTION = 1 // kafkajs's and the protocol's number of this kind of coordinator
/** What the coordinator says of a transaction that it ends, or has ended, as aborted; one that is under way is aborted by whoever comes next. */
const ABORTED: ReadonlySet<string> = new Set(['Ongoing', 'PrepareAbort', 'CompleteAbort', 'PrepareEpochFence'])

/** How the last transaction under this id ended is said once more to every partition it may have written to.
 *
 *  A broker says it once, and Kafka 4.2 to 4.3 (KAFKA-20734) not at all to a partition that nobody leads at that moment. What the
 *  transaction wrote there stays open: nobody can read on, the group's offsets stay unstable for ever, or the next transaction of
 *  this id ends it the other way, and what was aborted is read. To be called before the id is used again, by a process alone. */
export async function repeatVerdict(deps: {
  readonly client: KafkaSettings
  readonly transactionalId: string
  readonly transactionTimeoutMs: number
  readonly groupId: string
  /** Topics that transactions under this id write to. */
  readonly topics: readonly string[]
}): Promise<void> {
  const { transactionalId, groupId } = deps
  const kafka = kafkaClient(deps.client, { retry: { initialRetryTime: 50, maxRetryTime: 500, retries: 30 }, requestTimeout: 5_000 })
  const giveUpAt = performance.now() + SETTLED_WITHIN_MS
  await withCluster(kafka, async (cluster) => {
    const ask = <Answer>(work: (coordinator: OwnBroker) => Promise<Answer>) => askCoordinator(cluster, transactionalId, giveUpAt, work)
    const { state } = await ask(async (coordinator) => {
      const isKnown = coordinator.versions?.[DESCRIBE_TRANSACTIONS] !== undefined // since Kafka 3.0
      return isKnown ? coordinator.connectionPool.send(describeTransaction(transactionalId)) : { state: null }
    })
    if (state === null) return
    const producer = await ask((coordinator) =>
      coordinator.initProducerId({ transactionalId, transactionTimeout: deps.transactionTimeoutMs }),
    )
    const mine = { transactionalId, producerId: producer.producerId, producerEpoch: producer.producerEpoch }
    const topics = await ledPartitions(cluster, deps.topics, giveUpAt)
    await ask((coordinator) => coordinator.addPartitionsToTxn({ ...mine, topics }))
    await ask((coordinator) => coordinator.addOffsetsToTxn({ ...mine, groupId }))
    await ask((coordinator) => coordinator.endTxn({ ...mine, transactionResult: !ABORTED.has(state) }))
  })
}

/** All partitions, once each of them has a leader. */
async function ledPartitions(
  cluster: OwnCluster,
  names: readonly string[],
  giveUpAt: number,
): Promise<{ topic: string; partitions: number[] }[]> {
  for (;;) {
    const { topics } = await (await cluster.findControllerBroker()).connectionPool.send(metadataOf(names))
    const open = topics.filter(({ errorCode, leaderless }) => errorCode !== 0 || leaderless.length > 0)
    if (open.length === 0) return topics.map(({ name, partitions }) => ({ topic: name, partitions: [...Array(partitions).keys()] }))
    if (performance.now() > giveUpAt) {
      const told = open.map(({ name, leaderless }) => [name, leaderless.join(', ')].filter(Boolean).join('/')).join('; ')
      throw new Fault('transaction_failed', `No broker leads these partitions: ${told}.`)
    }
    await sleep(AGAIN_MS)
  }
}

/** Asks again while the coordinator moves, loads, or still ends the last transaction. */
async function askCoordinator<Answer>(
  cluster: OwnCluster,
  transactionalId: string,
  giveUpAt: number,
  work: (coordinator: OwnBroker) => Promise<Answer>,
): Promise<Answer> {
  for (;;) {
    try {
      return await work(await cluster.findGroupCoordinator({ groupId: transactionalId, coordinatorType: TRANSACTION }))
    } catch (error) {
      const isBusy = error instanceof Error && 'type' in error && error.type === 'CONCURRENT_TRANSACTIONS'
      if (!(isBusy || coordinatorMoves(error)) || performance.now() > giveUpAt) throw error
    }
    await sleep(AGAIN_MS)
  }
}
