import { groupByPartition, type Placed } from './grouping.ts'
import { replace } from './modules.ts'
import type { TopicData } from './produce-request.ts'
import { recordsOf } from './record-batch.ts'
import { returnMemory } from './request-memory.ts'
import { sequencesOf } from './sequences.ts'
import { errorOf } from './wire.ts'

export type PartitionAnswer = { readonly partition: number; readonly errorCode: number; readonly baseOffset?: string }
export type Answer = { readonly topics: readonly { readonly topicName: string; readonly partitions: readonly PartitionAnswer[] }[] }
export type Broker = { readonly nodeId: number; produce(request: object): Promise<Answer> }
export type Cluster = {
  isConnected(): boolean
  connect(): Promise<void>
  refreshMetadata(): Promise<void>
  refreshMetadataIfNecessary(): Promise<void>
  addMultipleTargetTopics(topics: string[]): Promise<void>
  findTopicPartitionMetadata(topic: string): { partitionId: number; leader: number }[]
  findBroker(node: { nodeId: number }): Promise<Broker>
  removeBroker(address: { host: string; port: number }): void
}
/** kafkajs's eosManager, or ours, as far as a send needs it. */
export type ProducerState = {
  isInitialized(): boolean
  isTransactional(): boolean
  getTransactionalId(): string | undefined
  getProducerId(): { toString(): string }
  getProducerEpoch(): number
  addPartitionsToTransaction(topics: readonly TopicData[]): Promise<void>
}
type Retrier = <T>(run: (bail: (error: unknown) => void) => Promise<T>) => Promise<T>
type Deps = { readonly cluster: Cluster; readonly eosManager: ProducerState; readonly retrier: Retrier }
type Send = {
  readonly acks: number
  readonly timeout?: number
  readonly compression?: number
  readonly topicMessages: readonly { readonly topic: string; readonly messages: readonly Placed[] }[]
}

/** One record batch: its records, and the sequence it keeps through every retry. */
type Entry = {
  readonly topic: string
  readonly partition: number
  readonly messages: readonly Placed[]
  firstSequence: number
  answer: PartitionAnswer | null
  /** Who is asked first, where it was told, and then who was asked last; -1: whom the metadata name. */
  leader: number
}
export type Metadata = PartitionAnswer & { readonly topicName: string; readonly leader: number }

/** What was acknowledged all the same by a send that failed. */
export const acknowledgedOf = (error: unknown): readonly Metadata[] =>
  error instanceof Error && 'acknowledged' in error ? (error.acknowledged as readonly Metadata[]) : [] // set below

/** Who leads a partition as far as anybody knows; -1: nobody does. */
export type LeaderOf = (partition: number) => number
/** By the list of messages of a topic, which is all that kafkajs hands through as it is. */
const told = new WeakMap<readonly object[], LeaderOf>()
/** The messages of a topic in the next send go to these first, whatever the metadata of its producer still say. */
export const tellLeaders = (messages: readonly object[], leaderOf: LeaderOf): void => void told.set(messages, leaderOf)
export const toldLeader = (messages: readonly object[], partition: number): number => told.get(messages)?.(partition) ?? -1

/** A send resolves when every partition is acknowledged, each by whoever led it then. Stock resolves without those whose
 *  leader moved, gives a batch another sequence when it is tried again, and lets a send overtake one that waits for its
 *  next try. Here one send of a producer runs at a time, and a batch keeps its sequence. */
export function createSendMessages({ cluster, eosManager, retrier }: Deps): (send: Send) => Promise<Metadata[]> {
  const sequences = sequencesOf(eosManager)

  const run = async ({ topicMessages, ...options }: Send): Promise<Metadata[]> => {
    const entries = topicMessages.flatMap(({ topic, messages }) =>
      [...groupByPartition(topic, messages)].map(
        ([partition, group]): Entry => ({
          ...{ topic, partition, messages: group, firstSequence: -1, answer: null },
          leader: toldLeader(messages, partition),
        }),
      ),
    )
    const answered = (): Metadata[] =>
      entries.flatMap(({ topic, answer, leader }) => (answer === null ? [] : [{ topicName: topic, ...answer, leader }]))
    let isFirst = true
    const sending = retrier(async (bail) => {
      try {
        await cluster.addMultipleTargetTopics(topicMessages.map(({ topic }) => topic))
        await cluster.refreshMetadataIfNecessary()
        if (!isFirst) for (const entry of entries) if (entry.answer === null) entry.leader = -1
        isFirst = false
        await sendMissing(entries, options)
      } catch (error) {
        if (!isRetriable(error)) return bail(error) as never // bail rejects the whole
        await recover(error)
        throw error
      }
      return answered() // all have an answer now
    })
    return sending.catch((error: unknown) => {
      throw error instanceof Error ? Object.assign(error, { acknowledged: answered() }) : error
    })
  }

  /** Asks every leader at once and waits for all of them: none may be under way when the next try begins. */
  const sendMissing = async (entries: readonly Entry[], options: Omit<Send, 'topicMessages'>): Promise<void> => {
    const missing = entries.filter(({ answer }) => answer === null)
    const byLeader = Map.groupBy(missing, leaderOf)
    const outcomes = await Promise.allSettled([...byLeader].map(([nodeId, ours]) => sendTo(nodeId, ours, options)))
    const errors = outcomes.flatMap((outcome): unknown[] => (outcome.status === 'rejected' ? [outcome.reason] : outcome.value))
    // A transaction is over with the first that is final. Beside what may be there already and must be asked for again under its sequence,
    // what will be refused is refused once more.
    if (errors.length > 0) throw errors.find((error) => isRetriable(error) !== eosManager.isTransactional()) ?? errors[0]
    const left = missing.find(({ answer }) => answer === null)
    if (left !== undefined) throw new Error(`${left.topic}/${left.partition} is not in the broker's answer`)
  }

  const leaderOf = ({ topic, partition, leader }: Entry): number =>
    leader >= 0 ? leader : (cluster.findTopicPartitionMetadata(topic).find(({ partitionId }) => partitionId === partition)?.leader ?? -1)

  /** Resolves with what it refused, once it is noted what it wrote beside that. */
  const sendTo = async (nodeId: number, entries: readonly Entry[], options: Omit<Send, 'topicMessages'>): Promise<Error[]> => {
    if (nodeId < 0) throw new Error(`${entries[0]?.topic}/${entries[0]?.partition} has no leader`)
    const broker = await cluster.findBroker({ nodeId })
    const topicData: TopicData[] = [...Map.groupBy(entries, ({ topic }) => topic)].map(([topic, partitions]) => ({ topic, partitions }))
    if (eosManager.isTransactional()) await eosManager.addPartitionsToTransaction(topicData)
    for (const entry of entries) {
      if (entry.firstSequence < 0) entry.firstSequence = sequences.take(entry.topic, entry.partition, recordsOf(entry.messages).count)
    }
    const { topics } = await broker.produce({
      ...options,
      transactionalId: eosManager.isTransactional() ? eosManager.getTransactionalId() : undefined,
      producerId: eosManager.getProducerId(),
      producerEpoch: eosManager.getProducerEpoch(),
      topicData,
    })
    returnMemory(topicData)
    const answers = new Map(
      topics.flatMap(({ topicName, partitions }) => partitions.map((answer) => [`${topicName}/${answer.partition}`, answer])),
    )
    for (const entry of entries) {
      const answer = answers.get(`${entry.topic}/${entry.partition}`)
      entry.answer = answer?.errorCode === 0 ? answer : null
      entry.leader = nodeId
    }
    return topics.flatMap(({ topicName, partitions }) =>
      partitions.flatMap(({ partition, errorCode }) => (errorCode === 0 ? [] : refusalOf(`${topicName}/${partition}`, errorCode))),
    )
  }

  const recover = async (error: unknown): Promise<void> => {
    if (isClosed(error)) cluster.removeBroker(error)
    if (!cluster.isConnected()) await cluster.connect()
    await cluster.refreshMetadata()
  }

  return (send) => sequences.alone(() => run(send))
}

const refusalOf = (place: string, errorCode: number): Error => {
  const error = errorOf(errorCode)
  error.message = `${place}: ${error.message}`
  return error
}

/** kafkajs marks what is final; what it does not mark, our own errors included, may be tried again. */
const isRetriable = (error: unknown): boolean =>
  error instanceof Error && !(error instanceof TypeError) && !(error instanceof RangeError) && !('retriable' in error && !error.retriable)

const isClosed = (error: unknown): error is Error & { host: string; port: number } =>
  error instanceof Error && error.name === 'KafkaJSConnectionClosedError'

export const applySendMessages = (): void => replace('src/producer/sendMessages.js', createSendMessages)
