import { breathe } from './breathe.ts'
import type { KafkaSettings } from './connect.ts'
import type { Notes } from './dead-ratio.ts'
import { GenerationChanged } from './fault.ts'
import { createGroupCommit, type Part } from './group-commit.ts'
import { collect } from './outputs.ts'
import { createPlainCommits } from './plain-commits.ts'
import { createReader, type ReaderControl, type SourceTopic } from './reader.ts'
import type { Assignment, OutRecord, PartedBatch, Report } from './record.ts'
import { createTransactions, DEADLINE_MS } from './transactions.ts'
import { createTurns } from './turns.ts'
import { within } from './within.ts'

export type { Assignment, Batch, InRecord, PartedBatch } from './record.ts'

/** Takes the outputs of one batch or one timer, and copies them at once. Closed when the function it was given to has returned. */
export type Outbox = { put(record: OutRecord): void }

export type StreamControl = ReaderControl & {
  /** A transaction of its own for timers: what `fill` puts becomes visible at once or never; shares the commit with
   *  running batches. Rejects with GenerationChanged when a rebalance or a stop came between: nothing was written. What follows from the state
   *  of a partition takes its turn with the batches of that partition; amid one of them there is none to wait for. */
  transact(fill: (outbox: Outbox) => void | Promise<void>, partition?: number): Promise<void>
}

/** Nothing: the whole batch is done. A number: only what lies before that offset is; the rest comes again, at once unless
 *  the task paused the partition. `uncommitted`: the batch was a look back at what was committed long ago, so the position
 *  moves and the committed offset stays; such a batch has no outputs. */
export type Done = number | 'uncommitted' | undefined

export type StreamTask = {
  /** Runs inside the join, before the first fetch, so it must not wait. Topics with `commit` start at the group's
   *  committed offset (the earliest when there is none), the others at the earliest; `seek` and `pause` change that. */
  onAssigned(assignment: Assignment, control: StreamControl): void
  /** One batch per partition at a time, partitions side by side; where topics are co-partitioned, one of all of them, so that outputs
   *  are committed in the order they were decided in. A batch that is dropped comes again, so what this
   *  keeps must bear a second time. Whatever it throws ends the process, but for GenerationChanged, which drops the batch. */
  onBatch(batch: PartedBatch, outbox: Outbox): Promise<Done>
  /** What has just been committed: the next offset by partition by topic. */
  onCommitted?(positions: ReadonlyMap<string, ReadonlyMap<number, number>>): void
  /** How far local state reaches, by partition of the joined topics, also of those that are not ours now: an offset of the
   *  table that the state is made of. The group puts partitions where their state is. */
  checkpoints?(): ReadonlyMap<number, number>
}

export type Guarantee = 'exactly_once' | 'at_least_once'

export type StreamDeps = {
  readonly client: KafkaSettings
  readonly groupId: string
  readonly instanceId: string
  readonly transactionalId: string
  /** `at_least_once`: outputs and offsets are written one after the other, and a crash in between repeats outputs. It shows
   *  what `exactly_once` costs. */
  readonly guarantee?: Guarantee
  readonly topics: readonly SourceTopic[]
  /** All that the task writes to. */
  readonly writes: readonly string[]
  /** Partition p of every topic goes to the same member. */
  readonly coPartitioned: boolean
  readonly task: StreamTask
  readonly commitIntervalMs?: number
  /** Batches are worked on while those before them commit. For tasks whose batches have no effect outside of the transaction: a crash
   *  then repeats several of them instead of one. */
  readonly overlapped?: boolean
  readonly sessionTimeoutMs?: number
  /** Fetches from one broker begin at least so far apart; 0 by default. */
  readonly fetchEveryMs?: number
  readonly maxBytes?: number
  readonly maxBytesPerPartition?: number
  /** Committed with every offset, and told before the first batch of a generation. */
  readonly notes?: Notes
  readonly report: Report
  /** Ends the process; the next one starts under the same ids. */
  readonly onFatal: (error: unknown) => void
}

export type Stream = {
  readonly control: StreamControl
  /** The first join is done. */
  readonly ready: Promise<void>
  /** Ends running batches and transactions. A static member keeps its place in the group unless it is to `leave`. */
  stop(options?: { readonly leave?: boolean }): Promise<void>
}

type Positions = Map<string, Map<number, number>>

/** Consume, transform, produce, exactly once: outputs and input offsets in one transaction, under one transactional id
 *  per process, fenced by group generation (KIP-447). It never mends itself in place: any error ends the process. */
export async function runStream(deps: StreamDeps): Promise<Stream> {
  const { client, groupId, task } = deps
  const commits = new Set(deps.topics.filter(({ commit }) => commit).map(({ name }) => name))
  // Before the join: nothing of a former process may still be open when positions are read.
  const id = { client, groupId, transactionalId: deps.transactionalId, topics: deps.writes }
  const transactions =
    deps.guarantee === 'at_least_once' ? await createPlainCommits({ ...id, group: () => reader.group() }) : await createTransactions(id)

  /** Positions committed in this generation; the first transaction without an input of its own asks for the others. */
  let positionsKnown: Positions = new Map()

  const writes = new Set(deps.writes)
  const run = async (parts: readonly Part[]): Promise<void> => {
    const outputs = parts.map((part) => part.outputs)
    const unnamed = outputs.flatMap(({ chains }) => [...chains.keys()]).find((topic) => !writes.has(topic))
    if (unnamed !== undefined) throw new Error(`the stream of ${groupId} writes to ${unnamed}, which is not among its topics`)
    const isEmpty = outputs.every(({ count }) => count === 0)
    const offsets: Positions = new Map()
    for (const { position } of parts) if (position !== undefined) note(offsets, position.topic, position.partition, position.next)
    if (isEmpty && offsets.size === 0) return
    const { generationId, memberId } = reader.group()
    const member = { generationId: generationId ?? -1, memberId: memberId ?? '', instanceId: deps.instanceId }
    const known = positionsKnown // a join during what follows begins with a fresh one
    const unbound = parts.some((part) => part.position === undefined && part.outputs.count > 0)
    // A broker that is away is asked for ever, and a stop would wait as long.
    if (unbound) await within(DEADLINE_MS, learnAll(known))
    noteAll(known, offsets)
    await transactions.commit({ outputs, offsets: unbound ? known : offsets, member, note: deps.notes?.tell() ?? null })
    for (const one of outputs) one.free()
    task.onCommitted?.(offsets)
  }

  /** Outputs without an input offset would escape the check of the generation, and a new owner would not wait for them:
   *  so they take the positions of all our partitions along, as they are. */
  const learnAll = async (known: Positions): Promise<void> => {
    for (const topic of commits) {
      const missing = (reader.assignment().get(topic) ?? []).filter((partition) => known.get(topic)?.has(partition) !== true)
      if (missing.length === 0) continue
      const [committed, logs] = await Promise.all([reader.control.committed(topic), reader.control.offsets(topic)])
      for (const partition of missing) {
        const offset = committed.get(partition) ?? -1
        note(known, topic, partition, offset >= 0 ? offset : (logs.get(partition)?.start ?? 0))
      }
    }
  }

  /** Batches whose outputs are being made; one that waits for its commit is none of them. */
  let atWork = 0
  const commit = createGroupCommit({
    intervalMs: deps.commitIntervalMs ?? 100,
    isAtWork: () => atWork > 0,
    run,
    onFatal: (error) => reader.fatal(error),
  })

  const turns = createTurns()
  /** Until its outputs wait for their transaction: what is decided later from the same state is committed later. */
  const inTurn = <Result>(topic: string, partition: number, job: () => Promise<Result>): Promise<Result> =>
    turns(deps.coPartitioned ? String(partition) : `${topic}/${partition}`, job)

  type Worked = { readonly next: number | null; readonly committed?: Promise<void> }
  const work = async (batch: PartedBatch, isCurrent: () => boolean): Promise<Worked> => {
    await breathe()
    if (!isCurrent()) return { next: null }
    let done: Done
    const outputs = await collect(async (outbox) => {
      done = await task.onBatch(batch, outbox)
    })
    if (!isCurrent()) return { next: null }
    if (done === 'uncommitted') return { next: batch.nextOffset }
    const next = done ?? batch.nextOffset
    const { topic, partition } = batch
    if (!commits.has(topic) && outputs.count === 0) return { next }
    const part = { outputs, isCurrent, ...(commits.has(topic) ? { position: { topic, partition, next } } : {}) }
    return { next, committed: deps.overlapped === true ? commit.admit(part) : commit.add(part) }
  }

  const reader = await createReader({
    ...deps,
    checkpoints: () => task.checkpoints?.() ?? new Map(),
    beforeEnd: () => commit.hold(),
    onAssigned: (assignment) => {
      positionsKnown = new Map()
      commit.release()
      task.onAssigned(assignment, control)
    },
    onBatch: async (batch, isCurrent) => {
      try {
        atWork++
        const { next, committed } = await inTurn(batch.topic, batch.partition, () => work(batch, isCurrent)).finally(() => {
          if (--atWork === 0) commit.settled()
        })
        await committed
        return next
      } catch (error) {
        if (error instanceof GenerationChanged) return null
        throw error
      }
    },
  })

  const control: StreamControl = Object.defineProperty(
    {
      ...reader.control,
      async transact(fill: (outbox: Outbox) => void | Promise<void>, partition?: number) {
        if (partition !== undefined && !deps.coPartitioned)
          throw new Error('topics that are not co-partitioned have no turn of a partition')
        const mine = reader.control.generation
        const isCurrent = (): boolean => mine === reader.control.generation
        const job = async () => {
          // What waits already is committed with what was decided after it; what comes once it ends comes again in the next process.
          if (reader.phase() !== 'runs' || !isCurrent()) throw new GenerationChanged()
          return { committed: commit.add({ outputs: await collect(fill), isCurrent }) }
        }
        const { committed } = await (partition === undefined ? job() : turns(String(partition), job))
        await committed
      },
    },
    'generation',
    { get: () => reader.control.generation, enumerable: true },
  )

  return {
    control,
    ready: reader.ready,
    async stop(options) {
      await reader.stop(options)
      await commit.idle()
      commit.giveUp()
      await transactions.close()
    },
  }
}

function note(positions: Positions, topic: string, partition: number, next: number): void {
  const partitions = positions.get(topic) ?? new Map<number, number>()
  positions.set(topic, partitions.set(partition, next))
}

function noteAll(into: Positions, from: Positions): void {
  for (const [topic, partitions] of from) for (const [partition, next] of partitions) note(into, topic, partition, next)
}
