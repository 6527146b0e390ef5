import { deliverTopic, RETRY_TIERS, type RetryTier } from '../../topics/index.ts'
import type { Delivery } from '../events/conversion.ts'
import type { PlatformId } from '../events/words.ts'
import { partitionOf } from '../kafka/partition.ts'
import type { ReadableOf } from '../kafka/readable.ts'
import type { Outbox, StreamControl, StreamTask } from '../kafka/stream.ts'
import type { Metrics } from '../observe/metrics.ts'
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

const verdictsOf = (result: Result) => ('stage' in result.value ? result.value.deliveries : [])

function write(deps: TaskDeps, outbox: Outbox, { topic, key, value }: Result): void {
  outbox.put({ topic, partition: partitionOf(key, deps.partitions(topic)), key, value: deps.encode(topic, value) })
}

export const topicsOf = (platform: PlatformId): readonly { name: string; commit: boolean }[] => [
  { name: deliverTopic(platform), commit: true },
]
export const RETRY_TOPICS = (Object.keys(RETRY_TIERS) as RetryTier[]).map((tier) => ({ name: `retry.${tier}`, commit: true }))
