import type { KafkaSettings } from './connect.ts'
import type { Notes } from './dead-ratio.ts'
import { createOffsetCommits } from './offset-commits.ts'
import { coordinatorOf } from './patches/groups.ts'
import { createReader, type ReaderControl } from './reader.ts'
import type { Assignment, Batch, Report } from './record.ts'

export type { Assignment, Batch, InRecord } from './record.ts'
export type ConsumeControl = ReaderControl
/** Moves the group's offset without a batch, past what is known to be stored. Never rejects: one that fails is tried again. */
export type Commit = (topic: string, partition: number, offset: number) => Promise<void>

export type ConsumerDeps = {
  readonly client: KafkaSettings
  readonly groupId: string
  readonly instanceId: string
  readonly topics: readonly string[]
  /** Runs inside the join, so it must not wait. Partitions start at the group's committed offset, the earliest when there
   *  is none; `seek` and `pause` change that. */
  readonly onAssigned?: (assignment: Assignment, control: ConsumeControl, commit: Commit) => void
  /** Resolves when the batch is stored: the offset moves then. One batch per partition at a time, partitions side by side.
   *  Whatever it throws ends the process, and the batch comes again. */
  readonly onBatch: (batch: Batch) => Promise<void>
  /** Committed with every offset, and told before the first batch of a generation. */
  readonly notes?: Notes
  readonly sessionTimeoutMs?: number
  readonly maxBytesPerPartition?: number
  readonly report: Report
  readonly onFatal: (error: unknown) => void
}

export type RunningConsumer = {
  readonly control: ConsumeControl
  /** The first join is done. */
  readonly ready: Promise<void>
  stop(options?: { readonly leave?: boolean }): Promise<void>
}

/** Reads at least once: handle, wait until it is stored, only then move the offset. */
export async function runConsumer(deps: ConsumerDeps): Promise<RunningConsumer> {
  const offsets = createOffsetCommits({
    // Not by kafkajs's own way, which asks the broker of the last join for ever: a group whose coordinator has moved would stand still,
    // its batch never done and its heartbeat, which would join it again, never sent.
    async send(topic, partition, offset) {
      const group = reader.group()
      const { groupId, generationId, memberId } = group
      const coordinator = await coordinatorOf(group)
      await coordinator.offsetCommit({
        ...{ groupId, groupGenerationId: generationId ?? -1, memberId: memberId ?? '' },
        topics: [{ topic, partitions: [{ partition, offset: String(offset), metadata: deps.notes?.tell() ?? null }] }],
      })
    },
    generation: () => reader.control.generation,
    report: deps.report,
  })
  const reader = await createReader({
    ...deps,
    topics: deps.topics.map((name) => ({ name, commit: true })),
    coPartitioned: false,
    onAssigned: (assignment, control) => {
      offsets.forget()
      deps.onAssigned?.(assignment, control, async (topic, partition, offset) => {
        await reader.told() // the notes go along
        await offsets.commit(topic, partition, offset)
      })
    },
    onBatch: async (batch, isCurrent) => {
      await deps.onBatch(batch)
      if (!isCurrent()) return null
      await offsets.commit(batch.topic, batch.partition, batch.nextOffset)
      return batch.nextOffset
    },
  })
  const { control, ready } = reader
  return {
    control,
    ready,
    async stop(options) {
      offsets.stop()
      await reader.stop(options)
    },
  }
}
