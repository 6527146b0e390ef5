import type { Pending } from '../events/pending.ts'
import type { HeldPostback } from './held-store.ts'
import type { AttributionStore } from './store.ts'

/** The held postbacks as they will be once all our own writes have come back from topic `pending`. The store is written
 *  from the log alone, so that an aborted transaction leaves no trace in it; what is still on its way lies over it here. */
export type Waiting = {
  /** One of our writes to `pending`: it counts at once. */
  sent(partition: number, postbackKey: string, key: string, pending: Pending | null): void
  /** A record of `pending` has come back and is in the store. */
  echoed(partition: number, key: string): void
  /** At most `limit`. */
  heldFor(partition: number, clickKey: string, limit: number): HeldPostback[]
  /** Past their deadline and not already settled. */
  due(partition: number, nowMs: number, limit: number): HeldPostback[]
  /** What was on its way in a former generation either came back or was never written. */
  reset(): void
}

type OnItsWay = { pending: Pending | null; writes: number; readonly postbackKey: string }

export function createWaiting(store: AttributionStore): Waiting {
  const overlays = new Map<number, Map<string, OnItsWay>>()
  const byPostbackKey = new Map<string, Set<string>>()
  const overlay = (partition: number) => overlays.getOrInsertComputed(partition, () => new Map())

  return {
    sent(partition, postbackKey, key, pending) {
      const entry = overlay(partition).getOrInsertComputed(key, () => ({ pending, writes: 0, postbackKey }))
      entry.pending = pending
      entry.writes++
      byPostbackKey.getOrInsertComputed(postbackKey, () => new Set()).add(key)
    },
    echoed(partition, key) {
      const entry = overlay(partition).get(key)
      if (entry === undefined || --entry.writes > 0) return
      overlay(partition).delete(key)
      const keys = byPostbackKey.get(entry.postbackKey)
      keys?.delete(key)
      if (keys?.size === 0) byPostbackKey.delete(entry.postbackKey)
    },
    heldFor(partition, clickKey, limit) {
      const over = overlay(partition)
      const stored = store.heldFor(partition, clickKey, limit + over.size).filter(({ key }) => !over.has(key))
      const sent = [...(byPostbackKey.get(clickKey) ?? [])].flatMap((key) => {
        const pending = over.get(key)?.pending
        return pending === null || pending === undefined ? [] : [{ key, pending }]
      })
      return [...stored, ...sent].slice(0, limit)
    },
    due: (partition, nowMs, limit) =>
      store.due(partition, nowMs, limit + overlay(partition).size).filter(({ key }) => overlay(partition).get(key)?.pending !== null),
    reset() {
      overlays.clear()
      byPostbackKey.clear()
    },
  }
}
