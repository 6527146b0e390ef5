import type { EdgeDeps, Outgoing } from './deps.ts'

const BYTES_MAX = 32_000_000
const RETRY_AFTER_MS = 1_000

/** Clicks of visitors, who are never kept waiting: held in bounded memory and sent again until the broker has them. */
export type ClickOutbox = {
  /** Resolves true with the ack, false when there was no room or the edge stops first. */
  offer(records: readonly Outgoing[]): Promise<boolean>
  /** Ends the retries; what the broker has not taken by then is counted as dropped. */
  close(): void
}

export function createClickOutbox(deps: Pick<EdgeDeps, 'producer' | 'metrics' | 'log'>): ClickOutbox {
  const stop = Promise.withResolvers<void>()
  let bytes = 0
  let closed = false
  const drop = (count: number, why: string): false => {
    deps.metrics.count('edge_clicks_dropped_total', { why }, count)
    return false
  }
  return {
    async offer(records) {
      const size = records.reduce((sum, record) => sum + record.value.length, 0)
      if (bytes + size > BYTES_MAX) return drop(records.length, 'full')
      bytes += size
      try {
        let left = records
        for (;;) {
          const acks = await Promise.allSettled(left.map((record) => deps.producer.send(record)))
          left = left.filter((_, index) => acks[index]?.status === 'rejected')
          if (left.length === 0) return true
          if (closed) return drop(left.length, 'stopped')
          await Promise.race([pause(RETRY_AFTER_MS), stop.promise])
        }
      } finally {
        bytes -= size
      }
    },
    close() {
      closed = true
      stop.resolve()
    },
  }
}

const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms).unref()
  })
