import { deliverTopic, RETRY_TIERS, type RetryTier } from '../../topics/index.ts'
import type { Delivery } from '../events/conversion.ts'
import type { PlatformId } from '../events/words.ts'
import { partitionOf } from '../kafka/partition.ts'
import type { ReadableOf } from '../kafka/readable.ts'
import type { Outbox, StreamControl, StreamTask } from '../kafka/stream.ts'
import type { Metrics } from '../observe/metrics.ts'
import type { WorkspaceCopy } from '../workspaces/copy.ts'
import type { createEngine } from './engine.ts'
import { moved, type Result } from './results.ts'

export type TaskDeps = {
  readonly readable: ReadableOf
  readonly encode: (topic: string, value: object) => Buffer
  /** Partitions by topic. */
  readonly partitions: (topic: string) => number
  readonly nowMs: () => number
  readonly metrics: Metrics
}

/** Reads `deliver.<platform>`, calls the platform, writes what became of each delivery. */
export function createDeliverTask(deps: TaskDeps & { readonly engine: ReturnType<typeof createEngine> }): StreamTask {
  return {
    onAssigned() {},
    async onBatch(batch, outbox) {
      const readable = await deps.readable<Delivery>(batch.records, (out) => outbox.put(out))
      const deliveries = readable.flatMap(({ value }) => (value === null ? [] : [value]))
      if (deliveries.length === 0) return undefined
      for (const result of await deps.engine.deliver(deliveries)) {
        if (result.topic === 'outcomes')
          for (const { platform, stage, why } of verdictsOf(result))
            deps.metrics.count('deliveries_total', { platform, stage, why: why ?? '' })
        write(deps, outbox, result)
      }
      return undefined
    },
  }
}

/** Reads the delay tiers. Records of a tier become due in the order they came, so the first that is not holds its partition,
 *  which is paused until then; what is due goes on to its platform, or to another tier when its own time is later. */
export function createRetryTask(deps: TaskDeps): StreamTask & { stop(): void } {
  let control: StreamControl | null = null
  const timers = new Set<NodeJS.Timeout>()
  const clear = () => {
    for (const timer of timers) clearTimeout(timer)
    timers.clear()
  }
  return {
    onAssigned(_assignment, given) {
      control = given
      clear()
    },
    async onBatch({ topic, partition, records }, outbox) {
      const delayMs = RETRY_TIERS[topic.slice('retry.'.length) as RetryTier]
      for (const { record, value } of await deps.readable<Delivery>(records, (out) => outbox.put(out))) {
        if (value === null) continue
        const waitMs = value.moved_at + delayMs - deps.nowMs()
        if (waitMs > 0) {
          control?.pause(topic, partition)
          const timer = setTimeout(() => {
            timers.delete(timer)
            control?.resume(topic, partition)
          }, waitMs)
          timers.add(timer)
          return record.offset
        }
        write(deps, outbox, moved(value, deps.nowMs()))
      }
      return undefined
    },
    stop: clear,
  }
}

/** How often resumed destinations are looked for. */
const RESUME_EVERY_MS = 1_000

/** Reads topic `held` for one platform, a pass at a time: at the start and whenever one of its destinations was resumed. What was
 *  held before its destination was resumed goes out in its order; the rest is put behind again, so that nothing waits behind a
 *  destination that stays broken. Between passes the partitions are paused, and the offset stands at the end of the last pass. */
export function createHeldTask(
  deps: TaskDeps & { readonly platform: PlatformId; readonly workspaces: WorkspaceCopy },
): StreamTask & { stop(): void } {
  const { platform, workspaces, nowMs } = deps
  let control: StreamControl | null = null
  let partitions: readonly number[] = []
  /** Where the pass under way ends, by partition. */
  const until = new Map<number, number>()
  let seenResumeAt = -1
  let starting = false

  const destinations = () => [...workspaces.all()].flatMap((workspace) => workspace.destinations.filter((one) => one.platform === platform))
  const newestResume = (): number => Math.max(0, ...destinations().map((destination) => destination.resumed_at ?? 0))

  async function startPass(given: StreamControl, resumeAt: number): Promise<void> {
    const generation = given.generation
    const logs = await given.offsets('held')
    if (given.generation !== generation) return
    seenResumeAt = resumeAt
    for (const partition of partitions) {
      until.set(partition, logs.get(partition)?.end ?? 0)
      given.resume('held', partition)
    }
  }

  const timer = setInterval(() => {
    const resumeAt = newestResume()
    if (control === null || starting || resumeAt <= seenResumeAt) return
    starting = true
    // A broker that cannot be asked now is asked again at the next tick.
    startPass(control, resumeAt)
      .catch(() => undefined)
      .finally(() => {
        starting = false
      })
  }, RESUME_EVERY_MS)

  return {
    onAssigned(assignment, given) {
      control = given
      partitions = assignment.get('held') ?? []
      until.clear()
      seenResumeAt = -1
      for (const partition of partitions) given.pause('held', partition)
    },
    async onBatch({ topic, partition, records, nextOffset }, outbox) {
      const end = until.get(partition) ?? 0
      const resumedAt = new Map(destinations().map((destination) => [destination.id, destination.resumed_at ?? 0]))
      if (nextOffset >= end) control?.pause(topic, partition)
      for (const { record, key, value } of await deps.readable<Delivery>(records, (out) => outbox.put(out))) {
        if (record.offset >= end) return record.offset
        if (value === null || value.platform !== platform) continue
        // A destination that is gone lets go of what it held: the forwarder says so of each.
        const isFree = (resumedAt.get(value.destination_id) ?? Number.POSITIVE_INFINITY) >= value.moved_at
        write(deps, outbox, isFree ? moved(value, nowMs()) : { topic: 'held', key, value })
      }
      return undefined
    },
    stop: () => clearInterval(timer),
  }
}

const verdictsOf = (result: Result) => ('stage' in result.value ? result.value.deliveries : [])

function write(deps: TaskDeps, outbox: Outbox, { topic, key, value }: Result): void {
  outbox.put({ topic, partition: partitionOf(key, deps.partitions(topic)), key, value: deps.encode(topic, value) })
}

export const topicsOf = (platform: PlatformId): readonly { name: string; commit: boolean }[] => [
  { name: deliverTopic(platform), commit: true },
]
export const RETRY_TOPICS = (Object.keys(RETRY_TIERS) as RetryTier[]).map((tier) => ({ name: `retry.${tier}`, commit: true }))
