import type { Pending } from '../events/pending.ts'
import type { State } from '../state/state.ts'
import { keyOf, prefixed, uint48 } from './place.ts'

export type HeldPostback = { readonly key: string; readonly pending: Pending }

/** What waits, by partition: a copy of topic `pending`. */
export type HeldStore = {
  putPending(partition: number, key: string, value: Buffer | null): void
  pending(partition: number, key: string): Pending | undefined
  /** What waits for the click of this key, at most `limit`. */
  heldFor(partition: number, clickKey: string, limit: number): HeldPostback[]
  /** Held postbacks in the order of their keys, at most `limit`, behind the key `after`. */
  heldAfter(partition: number, after: string, limit: number): HeldPostback[]
  /** What is past its deadline, at most `limit`, the oldest first. */
  due(partition: number, nowMs: number, limit: number): HeldPostback[]
  /** Forgets a partition, to read it anew. */
  clear(partition: number): void
}

const UUID_LENGTH = 36

export function createHeldStore(state: State, decode: (value: Buffer) => Pending): HeldStore {
  const pending = state.table('pending')
  const deadlines = state.table('deadlines')
  const toHeld = ({ key, value }: { key: Buffer; value: Buffer }): HeldPostback => ({
    key: key.subarray(2).toString(),
    pending: decode(value),
  })

  return {
    putPending(partition, key, value) {
      const place = keyOf(partition, key)
      const before = pending.get(place)
      if (before !== undefined) deadlines.remove(deadlineKey(partition, decode(before).deadline_at, key))
      if (value === null) return pending.remove(place)
      pending.put(place, value)
      deadlines.put(deadlineKey(partition, decode(value).deadline_at, key), place)
    },
    pending(partition, key) {
      const value = pending.get(keyOf(partition, key))
      return value === undefined ? undefined : decode(value)
    },
    heldFor(partition, clickKey, limit) {
      const start = keyOf(partition, `${clickKey}:`)
      const found: HeldPostback[] = []
      // `;` follows `:`. A click id that begins with this one and a colon lies in between, and is another.
      for (const entry of pending.range(start, keyOf(partition, `${clickKey};`))) {
        if (found.length >= limit) break
        if (entry.key.length === start.length + UUID_LENGTH) found.push(toHeld(entry))
      }
      return found
    },
    heldAfter(partition, after, limit) {
      return [...pending.range(keyOf(partition, after === '' ? '' : `${after}\0`), keyOf(partition + 1, ''), limit)].map(toHeld)
    },
    due(partition, nowMs, limit) {
      const past = [...deadlines.range(deadlineKey(partition, 0, ''), deadlineKey(partition, nowMs + 1, ''), limit)]
      return past.flatMap(({ value: place }) => {
        const value = pending.get(place)
        return value === undefined ? [] : [toHeld({ key: place, value })]
      })
    },
    clear(partition) {
      for (const table of [pending, deadlines]) {
        for (const { key } of [...table.range(keyOf(partition, ''), keyOf(partition + 1, ''))]) table.remove(key)
      }
    },
  }
}

const deadlineKey = (partition: number, deadlineMs: number, key: string): Buffer =>
  prefixed(partition, Buffer.concat([uint48(deadlineMs), Buffer.from(key)]))
