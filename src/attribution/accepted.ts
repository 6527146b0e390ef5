import type { Accepted } from '../events/click.ts'
import type { AttributionStore } from './store.ts'
import { isSamePair } from './transaction.ts'

/** What was accepted of the transactions of a partition: what its log of clicks says, and over it what we wrote and have not
 *  read back, so that two refunds that wait for one sale are one. */
export type AcceptedPairs = {
  of(partition: number, key: string): readonly Accepted[]
  sent(partition: number, key: string, pair: Accepted): void
  /** The record of a transaction has come, and is in the store. */
  echoed(partition: number, key: string): void
  reset(): void
}

export function createAcceptedPairs(store: Pick<AttributionStore, 'findClick'>): AcceptedPairs {
  const onTheirWay = new Map<string, Accepted[]>()
  const stored = (partition: number, key: string): readonly Accepted[] => store.findClick(partition, key).click?.accepted ?? []

  return {
    of: (partition, key) => [...stored(partition, key), ...(onTheirWay.get(key) ?? [])],
    sent(_partition, key, pair) {
      onTheirWay.getOrInsertComputed(key, () => []).push(pair)
    },
    echoed(partition, key) {
      const sent = onTheirWay.get(key)
      if (sent === undefined) return
      const known = stored(partition, key)
      const left = sent.filter((pair) => !known.some((one) => isSamePair(one, pair)))
      if (left.length === 0) onTheirWay.delete(key)
      else onTheirWay.set(key, left)
    },
    reset() {
      onTheirWay.clear()
    },
  }
}
