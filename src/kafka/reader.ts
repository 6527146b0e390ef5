import { setTimeout as sleep } from 'node:timers/promises'
import type { EachBatchPayload } from 'kafkajs'
import { Fault } from '../events/fault.ts'
import { partitionCounts } from './admin.ts'
import { createAssigner, requireEqualCounts } from './assigner.ts'
import { createAtWork } from './at-work.ts'
import { type KafkaSettings, kafkaClient } from './connect.ts'
import type { Notes } from './dead-ratio.ts'
import { unlessChanged } from './fault.ts'
import { createGroupOffsets, dataGone, type GroupOffsets, type Phase } from './group-offsets.ts'
import { createPace } from './pace.ts'
import type { FetchedBatch } from './patches/fetched-batch.ts'
import { enterGroup, type LiveGroup } from './patches/groups.ts'
import type { Assignment, PartedBatch, Report } from './record.ts'
import { createTurns } from './turns.ts'
import { createWatchdog } from './watchdog.ts'

/** What a consumer of ours can be told while it runs. */
export type ReaderControl = Omit<GroupOffsets, 'notes'> & {
  pause(topic: string, partition: number): void
  resume(topic: string, partition: number): void
  /** The next fetch starts here. A batch of this partition under way is dropped. */
  seek(topic: string, partition: number, offset: number): void
  /** Changes at each rebalance: long jobs check that it is still theirs. */
  readonly generation: number
}

export type SourceTopic = {
  readonly name: string
  /** True: the group's committed offset is the position. False: a table, positioned by `seek` in onAssigned. */
  readonly commit: boolean
}

export type ReaderDeps = {
  readonly client: KafkaSettings
  readonly groupId: string
  /** Static member id, the same after a restart. */
  readonly instanceId: string
  readonly topics: readonly SourceTopic[]
  readonly coPartitioned: boolean
  /** What was committed with the offsets is told before the first batch of a generation. */
  readonly notes?: Notes
  readonly sessionTimeoutMs?: number
  readonly maxWaitMs?: number
  /** Fetches from one broker begin at least so far apart; 0 by default. */
  readonly fetchEveryMs?: number
  /** How often positions are compared; one that stood still six times over is stuck. */
  readonly watchdogTickMs?: number
  /** Of one fetch, over all its partitions; each begins with another one. At least one record batch comes whole. */
  readonly maxBytes?: number
  readonly maxBytesPerPartition?: number
  readonly report: Report
  /** How far local state reaches, by partition: a join takes it along, so that the group puts partitions where their state is. */
  readonly checkpoints?: () => ReadonlyMap<number, number>
  /** The end of a generation waits for it: a join, and after the last batch a stop. */
  readonly beforeEnd?: () => Promise<void>
  readonly onAssigned: (assignment: Assignment, control: ReaderControl) => void
  /** Resolves to the offset the position may move to, or null when it must not. `isCurrent` turns false when the batch is
   *  no longer ours. */
  readonly onBatch: (batch: PartedBatch, isCurrent: () => boolean) => Promise<number | null>
  /** Once; the reader does nothing more. A role ends over it, a table opens another. */
  readonly onFatal: (error: unknown) => void
}

export type Reader = {
  readonly control: ReaderControl
  readonly assignment: () => Assignment
  readonly group: () => LiveGroup
  readonly phase: () => Phase
  /** The notes of this generation were told, or there are none. */
  readonly told: () => Promise<void>
  /** First join done. */
  readonly ready: Promise<void>
  fatal(error: unknown): void
  stop(options?: { readonly leave?: boolean }): Promise<void>
}

const HEARTBEAT_MS = 1_000
const REBALANCE_TIMEOUT_MS = 20_000
const MAX_BYTES = 10_485_760
/** A partition without a leader is asked of nobody until the next metadata says who leads it. */
const METADATA_MAX_AGE_MS = 5_000
/** A role is given ten seconds, for all that it closes. */
const STOP_MS = 8_000

/** The consumer every loop of ours runs on: static member, own assigner, no automatic commits, positions by our batches. */
export async function createReader(deps: ReaderDeps): Promise<Reader> {
  const { client, groupId, topics } = deps
  const names = topics.map(({ name }) => name)
  const commits = new Set(topics.filter(({ commit }) => commit).map(({ name }) => name))
  const maxBytes = deps.maxBytes ?? MAX_BYTES
  const counts = await partitionCounts(client, names)
  if (deps.coPartitioned) requireEqualCounts(counts)

  let assignment: Assignment = new Map()
  let generation = 0
  /** The broker's number of the generation that `assignment` is of. */
  let assignedIn = -1
  let dead = false
  let phase = 'runs' as Phase
  const halted = Promise.withResolvers<void>()
  const ready = Promise.withResolvers<void>()
  ready.promise.catch(() => undefined) // whoever waits for it gets it; the others are told by onFatal

  const fatal = (error: unknown): void => {
    if (dead) return
    dead = true
    ready.reject(error)
    deps.onFatal(error)
  }
  const beforeEnd = deps.beforeEnd ?? (async () => undefined)
  const entry = enterGroup(groupId, {
    instanceId: deps.instanceId,
    leaves: false,
    beforeJoin: beforeEnd,
    joinFailed: (error) =>
      deps.report('warn', { groupId, error: error instanceof Error ? error.message : String(error) }, 'kafka.join_failed'),
    async beforeLeave() {
      if (phase === 'runs') return // it has crashed: whoever hears of that decides
      await beforeEnd() // which may ask where the group stands
      phase = 'over'
    },
    pace: createPace(deps.fetchEveryMs ?? 0, maxBytes / 2),
    outOfRange: (topic, partition) => {
      if (!commits.has(topic)) {
        deps.report('warn', { topic, partition }, 'kafka.position_outside_log')
        return 'earliest'
      }
      fatal(dataGone(groupId, `${topic}/${partition}`))
      return 'fail'
    },
  })
  const group = (): LiveGroup => {
    if (entry.live === null) throw new Error(`${groupId} has not joined yet`)
    return entry.live
  }

  // For every outage of the process's life: kafkajs never resets its counts while it fetches, and the copy of the
  // configuration in an edge must outlast a broker that is away for hours.
  const retry = { initialRetryTime: 50, multiplier: 2, factor: 0.2, maxRetryTime: 1_000, retries: Number.MAX_SAFE_INTEGER }
  const consumer = kafkaClient(client, { retry }).consumer({
    groupId,
    partitionAssigners: [
      createAssigner({
        instanceId: deps.instanceId,
        coPartitioned: deps.coPartitioned,
        holding: () => ({ generation: assignedIn, assignment, checkpoints: deps.checkpoints?.() ?? new Map() }),
      }),
    ],
    sessionTimeout: deps.sessionTimeoutMs ?? 10_000,
    rebalanceTimeout: REBALANCE_TIMEOUT_MS,
    heartbeatInterval: HEARTBEAT_MS,
    maxWaitTimeInMs: deps.maxWaitMs ?? 50,
    minBytes: 1,
    maxBytes,
    maxBytesPerPartition: deps.maxBytesPerPartition ?? 1_048_576,
    metadataMaxAge: METADATA_MAX_AGE_MS,
    allowAutoTopicCreation: false,
    readUncommitted: false,
    retry: { ...retry, restartOnFailure: async () => false }, // onFatal decides
  })

  const groupOffsets = createGroupOffsets({
    groupId,
    isCommitted: (topic) => commits.has(topic),
    group,
    owned: (topic) => assignment.get(topic) ?? [],
    phase: () => phase,
  })
  /** Settled before the first batch of a generation. */
  let told = Promise.resolve()
  const tellNotes = async (notes: Notes): Promise<void> => notes.told(await groupOffsets.notes([...commits]))

  const control: ReaderControl = {
    pause: (topic, partition) => consumer.pause([{ topic, partitions: [partition] }]),
    resume: (topic, partition) => consumer.resume([{ topic, partitions: [partition] }]),
    seek: (topic, partition, offset) => consumer.seek({ topic, partition, offset: String(offset) }),
    ...groupOffsets,
    get generation() {
      return generation
    },
  }

  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    try {
      generation++
      // kafkajs keeps both over a rebalance; a seek of the last generation would move this one's position.
      group().seekOffset.clear()
      consumer.resume(names.map((topic) => ({ topic })))
      assignment = new Map(names.map((topic) => [topic, payload.memberAssignment[topic] ?? []]))
      assignedIn = group().generationId ?? -1
      const shares = Object.fromEntries(assignment)
      deps.report('info', { groupId, generation, took_ms: payload.duration, assignment: shares }, 'kafka.joined')
      deps.onAssigned(assignment, control)
      if (deps.notes !== undefined) told = tellNotes(deps.notes).catch(unlessChanged(fatal))
      ready.resolve()
    } catch (error) {
      if (phase === 'runs') fatal(error) // whoever stops amid a join has nothing any more that could be assigned to
    }
  })
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    if (phase !== 'runs') return // it was stopped before it had begun to fetch, and finds no connection
    fatal(new Fault('consumer_crashed', `The consumer of ${groupId} gave up: ${payload.error.message}`, payload.error))
  })

  const turns = createTurns()
  const atWork = createAtWork<EachBatchPayload>()
  const heart = setInterval(() => {
    // What it throws comes again from kafkajs's own heartbeat after the batch.
    for (const payload of atWork.all()) payload.heartbeat().catch(() => undefined)
  }, HEARTBEAT_MS)
  const isBusy = (topic: string, partition: number): boolean => atWork.has(`${topic}/${partition}`)
  const watchdog = createWatchdog({
    group,
    consumer,
    assignment: () => assignment,
    offsets: control.offsets,
    isBusy,
    fatal,
    tickMs: deps.watchdogTickMs,
  })

  const eachBatch = async (payload: EachBatchPayload): Promise<void> => {
    if (phase === 'over') return // kafkajs begins to fetch when a join ends that was under way at the stop
    const batch = payload.batch as unknown as FetchedBatch // our patch makes them
    const place = `${batch.topic}/${batch.partition}`
    const mine = generation
    const isCurrent = (): boolean => !dead && mine === generation && !payload.isStale()
    // A leader that moves takes its partition from one fetch loop of kafkajs to another, which fetches from the position before
    // the batch that is still being worked on: the same records come twice, side by side.
    await turns(place, async () => {
      if (dead) await halted.promise
      if (!payload.isRunning() || !isCurrent()) return
      if (String(group().offsetManager.nextOffset(batch.topic, batch.partition)) !== String(batch.fetchedOffset)) return
      atWork.begin(place, payload)
      try {
        await told
        const next = await deps.onBatch(batch, isCurrent)
        batch.done()
        if (next !== null && isCurrent()) payload.resolveOffset(String(next - 1))
      } catch (error) {
        fatal(error)
      } finally {
        atWork.end(place)
      }
      if (dead) await halted.promise
    })
  }

  const run = async (): Promise<void> => {
    await consumer.connect()
    if (phase !== 'runs') return
    await consumer.subscribe({ topics: names, fromBeginning: true })
    if (phase !== 'runs') return
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: [...counts.values()].reduce((sum, count) => sum + count, 0),
      eachBatch,
    })
  }
  run().catch((error: unknown) => {
    if (phase === 'runs') fatal(error)
  })

  return {
    control,
    assignment: () => assignment,
    group,
    phase: () => phase,
    told: () => told,
    ready: ready.promise,
    fatal,
    async stop(options = {}) {
      phase = 'ends'
      entry.stops = true
      entry.leaves = options.leave === true
      watchdog.stop()
      halted.resolve()
      // Without a broker kafkajs would go on trying to reach it before it stops.
      try {
        await Promise.race([consumer.disconnect(), sleep(STOP_MS, undefined, { ref: false })])
      } finally {
        phase = 'over'
        clearInterval(heart)
        entry[Symbol.dispose]()
      }
    },
  }
}
