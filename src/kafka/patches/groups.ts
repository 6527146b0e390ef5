import { setTimeout as sleep } from 'node:timers/promises'
import type { Pace } from '../pace.ts'
import type { FetchedBatch } from './fetched-batch.ts'
import { stock } from './modules.ts'

/** The parts of kafkajs's ConsumerGroup that our shell reads. */
export type LiveGroup = {
  readonly groupId: string
  readonly generationId: number | null
  readonly memberId: string | null
  readonly seekOffset: { clear(): void; set(topic: string, partition: number, offset: string): void }
  readonly offsetManager: { nextOffset(topic: string, partition: number): { toString(): string } }
  readonly cluster: LiveCluster
  /** The broker that took the last join. */
  readonly coordinator: Coordinator
}
type Coordinator = {
  isConnected(): boolean
  offsetFetch(request: { groupId: string; topics: { topic: string; partitions: { partition: number }[] }[] }): Promise<{
    responses: TopicOffsets[]
  }>
  offsetCommit(request: { groupId: string; groupGenerationId: number; memberId: string; topics: TopicOffsets[] }): Promise<unknown>
}
type TopicOffsets = { topic: string; partitions: { partition: number; offset: string; metadata: string | null }[] }
type LiveCluster = {
  /** With the consumer's isolation level: for read_committed the end is the last stable offset. */
  fetchTopicsOffset(topics: { topic: string; partitions: { partition: number }[]; fromBeginning: boolean }[]): Promise<TopicOffsets[]>
  findGroupCoordinator(group: { groupId: string }): Promise<Coordinator>
  findBroker(broker: Coordinator): Promise<Coordinator>
  findTopicPartitionMetadata(topic: string): { partitionId: number }[]
  refreshMetadata(): Promise<void>
}

/** The same connections, asked as whoever reads uncommitted: ends of logs are high watermarks. */
export const uncommitted = (cluster: LiveCluster): LiveCluster => Object.create(cluster, { isolationLevel: { value: 0 } }) as LiveCluster // 0 is READ_UNCOMMITTED on the wire

/** The broker that took the last join, connected again where its connection was lost. */
export const coordinatorOf = async ({ coordinator, cluster }: LiveGroup): Promise<Coordinator> =>
  coordinator.isConnected() ? coordinator : cluster.findBroker(coordinator)

/** What a consumer of ours has said about its group; one per group and process (C10). */
export type GroupEntry = {
  /** Static member id (KIP-345); null joins as a dynamic member. */
  readonly instanceId: string | null
  /** A static member leaves only when it is told to: its partitions wait for its return. */
  leaves: boolean
  /** The consumer is being stopped: a join that fails is not tried again. */
  stops: boolean
  /** What to do when a position lies outside the log: start again at its first record, or end the process. */
  readonly outOfRange: (topic: string, partition: number) => 'earliest' | 'fail'
  /** The join waits for it, with the old generation still in force. */
  readonly beforeJoin: () => Promise<void>
  /** It is tried again. */
  readonly joinFailed: (error: unknown) => void
  /** After the last batch of a consumer that stops; its place in the group waits for it. */
  readonly beforeLeave: () => Promise<void>
  readonly pace: Pace
  live: LiveGroup | null
  joining: Promise<void> | null
  /** Fetches so far: each begins with another topic and partition. */
  turn: number
  nodes: number[]
}

const entries = new Map<string, GroupEntry>()

/** Of every group that a consumer of this process was ever in: what is asked late, of one that has stopped, is asked under its name. */
const instanceIds = new Map<string, string | null>()
export const instanceIdOf = (groupId: string): string | null => instanceIds.get(groupId) ?? null

export const groupEntry = (groupId: string): GroupEntry | undefined => entries.get(groupId)

export function enterGroup(
  groupId: string,
  entry: Omit<GroupEntry, 'live' | 'joining' | 'turn' | 'nodes' | 'stops'>,
): GroupEntry & Disposable {
  if (entries.has(groupId)) throw new Error(`this process already has a consumer in group ${groupId}`)
  instanceIds.set(groupId, entry.instanceId)
  const fresh = { live: null, joining: null, stops: false, turn: 0, nodes: [] }
  const made: GroupEntry & Disposable = { ...entry, ...fresh, [Symbol.dispose]: () => leaveGroup(groupId, made) }
  entries.set(groupId, made)
  return made
}

/** Its place may be another's already. */
function leaveGroup(groupId: string, entry: GroupEntry): void {
  if (entries.get(groupId) === entry) entries.delete(groupId)
}

/** A broker that has just started loads its groups first. Stock gives the consumer up at once. */
const FIRST_JOIN_MS = 30_000
/** Where another fails, kafkajs would go on with what was assigned before, whose commits `beforeJoin` holds, and nobody might ask for a join
 *  again. So it is tried for as long as brokers may be away amid one; then the consumer is given up. */
const JOIN_AGAIN_MS = 300_000
const JOIN_PAUSE_MS = 100
const JOIN_PAUSE_MAX_MS = 2_000
const COORDINATOR_MOVES = new Set([
  'GROUP_LOAD_IN_PROGRESS',
  'GROUP_COORDINATOR_NOT_AVAILABLE',
  'NOT_COORDINATOR_FOR_GROUP',
  'COORDINATOR_LOAD_IN_PROGRESS',
  'COORDINATOR_NOT_AVAILABLE',
  'NOT_COORDINATOR',
])
const saysOneOf = (error: unknown, types: ReadonlySet<string>): boolean =>
  error instanceof Error && (('type' in error && typeof error.type === 'string' && types.has(error.type)) || saysOneOf(error.cause, types))
export const coordinatorMoves = (error: unknown): boolean => saysOneOf(error, COORDINATOR_MOVES)
/** Another broker is it, which heartbeats tell as well, so that the group is joined again. */
export const coordinatorHasGone = (error: unknown): boolean => saysOneOf(error, GONE)
const GONE = new Set(['NOT_COORDINATOR_FOR_GROUP', 'NOT_COORDINATOR'])

const isRetriable = (error: unknown): boolean => error instanceof Error && 'retriable' in error && error.retriable === true

/** What a fetch says of a leader that has moved. Stock joins the group again for it: as every member does, each restart of a
 *  broker would be a rebalance. */
const LEADER_MOVES = new Set(['LEADER_NOT_AVAILABLE', 'NOT_LEADER_FOR_PARTITION', 'FENCED_LEADER_EPOCH', 'UNKNOWN_LEADER_EPOCH'])
const LEADER_POLL_MS = 100

type TopicPartitions = { topic: string; partitions: number[] }
type GroupPrototype = {
  joinAndSync(this: LiveGroup): Promise<void>
  leave(this: LiveGroup): Promise<void>
  fetch(this: LiveGroup, nodeId: number): Promise<FetchedBatch[]>
  getNodeIds(this: LiveGroup): number[]
  filterPartitionsByNode(this: LiveGroup, nodeId: number, assigned: TopicPartitions[]): TopicPartitions[]
  recoverFromFetch(this: LiveGroup, error: Error & { type?: string }): Promise<void>
  recoverFromOffsetOutOfRange(this: LiveGroup, error: { topic: string; partition: number }): Promise<void>
}

export function rotate<T>(list: readonly T[], by: number): T[] {
  const from = list.length === 0 ? 0 : by % list.length
  return [...list.slice(from), ...list.slice(0, from)]
}

export function applyGroups(): void {
  const { prototype } = stock('src/consumer/consumerGroup.js') as { prototype: GroupPrototype }
  const { KafkaJSNonRetriableError } = stock('src/errors.js') as {
    KafkaJSNonRetriableError: new (message: string, options?: { cause: unknown }) => Error
  }
  const { joinAndSync, leave, fetch, getNodeIds, filterPartitionsByNode, recoverFromFetch } = prototype

  /** kafkajs tries everything again, for ever, that does not say it is final. */
  const final = (error: unknown): unknown =>
    error instanceof Error && 'retriable' in error && error.retriable === false
      ? error
      : new KafkaJSNonRetriableError(error instanceof Error ? error.message : String(error), { cause: error })

  async function joinUntil(group: LiveGroup, entry: GroupEntry | undefined): Promise<void> {
    await entry?.beforeJoin()
    const isFirst = group.generationId === null || entry === undefined
    const giveUpAt = performance.now() + (isFirst ? FIRST_JOIN_MS : JOIN_AGAIN_MS)
    for (let pauseMs = JOIN_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, JOIN_PAUSE_MAX_MS)) {
      try {
        if (entry?.stops !== true) await joinAndSync.call(group)
        // Stock would begin to fetch, though nobody is there any more.
        if (isFirst && entry?.stops === true) throw new KafkaJSNonRetriableError('the consumer was stopped before it had joined')
        return
      } catch (error) {
        if (entry?.stops === true) throw error
        const mayBeTriedAgain = coordinatorMoves(error) || (!isFirst && isRetriable(error))
        if (!mayBeTriedAgain || performance.now() > giveUpAt) throw final(error)
        entry?.joinFailed(error)
      }
      await sleep(pauseMs)
    }
  }

  // Several fetches of kafkajs may ask for a join at once: one that came late would begin amid the generation that the first has begun.
  prototype.joinAndSync = function joinOnce() {
    const entry = entries.get(this.groupId)
    if (entry === undefined) return joinUntil(this, undefined)
    entry.live = this
    entry.joining ??= joinUntil(this, entry).finally(() => {
      entry.joining = null
    })
    return entry.joining
  }

  prototype.leave = async function leaveUnlessStatic() {
    const entry = entries.get(this.groupId)
    if (entry?.live === this) await entry.beforeLeave() // and not the one of a successor in this process
    if (entry === undefined || entry.instanceId === null || entry.leaves) await leave.call(this)
  }

  prototype.fetch = async function fetchInTime(nodeId) {
    const once = () => fetch.call(this, nodeId)
    return entries.get(this.groupId)?.pace(nodeId, once) ?? once()
  }

  // A lost connection takes its broker off the list, and stock gives up when the list is empty. With the brokers known
  // last it goes on: the next fetch asks for metadata first.
  prototype.getNodeIds = function knownNodes() {
    const nodes = getNodeIds.call(this)
    const entry = entries.get(this.groupId)
    if (entry === undefined) return nodes
    if (nodes.length > 0) entry.nodes = nodes
    return entry.nodes
  }

  // A fetch is cut off at its byte limit, and only the partition named first is sure to get a whole record batch. Stock
  // names them in the same order always: under load the last ones starve.
  prototype.filterPartitionsByNode = function takeTurns(nodeId, assigned) {
    const entry = entries.get(this.groupId)
    const turn = entry === undefined ? 0 : entry.turn++
    return rotate(
      filterPartitionsByNode.call(this, nodeId, assigned).map((one) => ({ ...one, partitions: rotate(one.partitions, turn) })),
      turn,
    )
  }

  prototype.recoverFromFetch = async function followLeaders(error) {
    if (!entries.has(this.groupId) || !LEADER_MOVES.has(error.type ?? '')) return recoverFromFetch.call(this, error)
    await sleep(LEADER_POLL_MS)
    await this.cluster.refreshMetadata()
  }

  // Stock commits the default offset over ours, outside any transaction: records would be skipped in silence.
  prototype.recoverFromOffsetOutOfRange = async function recover({ topic, partition }) {
    if (entries.get(this.groupId)?.outOfRange(topic, partition) !== 'earliest') {
      throw new KafkaJSNonRetriableError(`the position in ${topic}/${partition} is outside the log`)
    }
    const [start] = await this.cluster.fetchTopicsOffset([{ topic, partitions: [{ partition }], fromBeginning: true }])
    this.seekOffset.set(topic, partition, start?.partitions[0]?.offset ?? '0')
  }
}
