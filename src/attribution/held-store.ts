import { foldKey, workspaceOf } from '../events/keys.ts'
import type { Pending } from '../events/pending.ts'
import { textHash } from '../events/text-hash.ts'
import type { State } from '../state/state.ts'
import { keyOf, prefixed, readUint48, uint48 } from './place.ts'

export type HeldPostback = { readonly key: string; readonly pending: Pending }
/** How many postbacks of a workspace wait in a partition. */
export type Waiters = { readonly held: number; readonly deferred: number }
/** True for the keys to pass over. */
export type Skip = (key: string) => boolean

/** What waits, by partition: a copy of topic `pending`. Held postbacks lie under their keys, with their deadlines beside them;
 *  deferred ones in one queue per workspace, in the order of topic `postbacks`. Lists are in order and at most `limit` long. */
export type HeldStore = {
  /** `bytes` as they are in the topic, and what they say; null takes it away. */
  putPending(partition: number, key: string, record: { readonly pending: Pending; readonly bytes: Buffer } | null): void
  kindOf(partition: number, key: string): Pending['kind'] | undefined
  /** False: nothing waits under any spelling of this key. */
  mayWait(partition: number, clickKey: string): boolean
  /** What waits for the click of this key, and under its other spellings what has no better reason than that its click was not seen. */
  concernedBy(partition: number, clickKey: string, limit: number, skip: Skip): HeldPostback[]
  /** Held postbacks in the order of their keys, behind the key `after`; of one workspace alone where it is named. */
  heldAfter(partition: number, after: string, limit: number, workspaceId?: string): HeldPostback[]
  /** What is past its deadline, the oldest first. */
  due(partition: number, nowMs: number, limit: number, skip: Skip): HeldPostback[]
  /** The deferred postbacks of a workspace. */
  deferred(partition: number, workspaceId: string, limit: number, skip: Skip): HeldPostback[]
  /** Workspaces with something that waits. */
  waiters(partition: number): ReadonlyMap<string, Waiters>
  /** Forgets a partition, to read it anew. */
  clear(partition: number): void
}

const UUID_LENGTH = 36
/** Half a megabyte a partition; with 50,000 waiting, one click in six is looked up in vain. */
const FILTER_SLOTS = 262_144
const FILTER_FULL = 65_535
/** In front of a value of `held`: its deadline, whether another spelling of its click is of interest, the length of its key, its key. */
const NEAR_AT = 6
const KEY_LENGTH_AT = 7
const KEY_AT = 9
const OFFSET_BYTES = 6

/** What is known of a partition without a look into its tables: how many wait, by workspace and by a few bits of their folded click
 *  keys. Nearly every click is told so that nobody waits for it. Follows from the tables, and is counted from them at the start. */
type Counts = { readonly filter: Uint16Array; readonly waiters: Map<string, { held: number; deferred: number }> }

export function createHeldStore(state: State, decode: (value: Buffer) => Pending): HeldStore {
  /** Folded key -> deadline, key and value: spellings of one click id lie side by side. */
  const held = state.table('held')
  /** Deadline and key -> place in `held`. */
  const deadlines = state.table('deadlines')
  /** Workspace, offset and key -> value. */
  const queue = state.table('deferred')
  /** Key -> place in `queue`. */
  const queued = state.table('deferred-places')

  const counted = new Map<number, Counts>()
  const countsOf = (partition: number): Counts =>
    counted.getOrInsertComputed(partition, () => {
      const counts: Counts = { filter: new Uint16Array(FILTER_SLOTS), waiters: new Map() }
      for (const { value } of held.range(keyOf(partition, ''), keyOf(partition + 1, ''))) countHeld(counts, keyIn(value), 1)
      for (const { key } of queued.range(keyOf(partition, ''), keyOf(partition + 1, '')))
        count(counts, key.subarray(2).toString(), 'deferred', 1)
      return counts
    })
  function count({ waiters }: Counts, key: string, kind: Pending['kind'], by: 1 | -1): void {
    const workspaceId = workspaceOf(key)
    const waiting = waiters.getOrInsertComputed(workspaceId, () => ({ held: 0, deferred: 0 }))
    waiting[kind] += by
    if (waiting.held === 0 && waiting.deferred === 0) waiters.delete(workspaceId)
  }
  function countHeld(counts: Counts, key: string, by: 1 | -1): void {
    const slot = slotOf(foldKey(clickKeyIn(key)))
    // A slot that was full once stays so: it says `maybe` for ever.
    if (counts.filter[slot] !== FILTER_FULL) counts.filter[slot] = (counts.filter[slot] ?? 0) + by
    count(counts, key, 'held', by)
  }

  const toHeld = (value: Buffer): HeldPostback => ({
    key: keyIn(value),
    pending: decode(value.subarray(KEY_AT + value.readUInt16BE(KEY_LENGTH_AT))),
  })

  function mayWait(partition: number, clickKey: string): boolean {
    const { filter, waiters } = countsOf(partition)
    return waiters.size > 0 && filter[slotOf(foldKey(clickKey))] !== 0
  }

  function takeAway(partition: number, key: string): void {
    const counts = countsOf(partition)
    const place = heldPlace(partition, key)
    const before = counts.filter[slotOf(foldKey(clickKeyIn(key)))] === 0 ? undefined : held.get(place)
    if (before !== undefined) {
      held.remove(place)
      deadlines.remove(deadlineKey(partition, readUint48(before), key))
      countHeld(counts, key, -1)
    }
    if (!counts.waiters.get(workspaceOf(key))?.deferred) return
    const turn = queued.get(keyOf(partition, key))
    if (turn === undefined) return
    queue.remove(turn)
    queued.remove(keyOf(partition, key))
    count(counts, key, 'deferred', -1)
  }

  return {
    putPending(partition, key, record) {
      takeAway(partition, key)
      if (record === null) return
      const { pending, bytes } = record
      if (pending.kind === 'held') {
        const place = heldPlace(partition, key)
        held.put(place, heldValue(pending, key, bytes))
        deadlines.put(deadlineKey(partition, pending.deadline_at, key), place)
        countHeld(countsOf(partition), key, 1)
      } else {
        const turn = turnKey(partition, workspaceOf(key), pending.offset, key)
        queue.put(turn, bytes)
        queued.put(keyOf(partition, key), turn)
        count(countsOf(partition), key, 'deferred', 1)
      }
    },
    kindOf(partition, key) {
      const { filter, waiters } = countsOf(partition)
      if (filter[slotOf(foldKey(clickKeyIn(key)))] !== 0 && held.get(heldPlace(partition, key)) !== undefined) return 'held'
      return waiters.get(workspaceOf(key))?.deferred && queued.get(keyOf(partition, key)) !== undefined ? 'deferred' : undefined
    },
    mayWait,
    concernedBy(partition, clickKey, limit, skip) {
      const found: HeldPostback[] = []
      if (!mayWait(partition, clickKey)) return found
      const folded = foldKey(clickKey)
      const start = keyOf(partition, `${folded}:`)
      // `;` follows `:`. A click id that begins with this one and a colon lies in between, and is another.
      for (const { key: place, value } of held.range(start, keyOf(partition, `${folded};`))) {
        if (found.length >= limit) break
        if (place.length !== start.length + UUID_LENGTH) continue
        const key = keyIn(value)
        if ((value[NEAR_AT] === 1 || clickKeyIn(key) === clickKey) && !skip(key)) found.push(toHeld(value))
      }
      return found
    },
    heldAfter(partition, after, limit, workspaceId) {
      const start = after === '' ? (workspaceId === undefined ? '' : `${workspaceId}:`) : `${foldPlace(after)}\0`
      const end = workspaceId === undefined ? keyOf(partition + 1, '') : keyOf(partition, `${workspaceId};`)
      return [...held.range(keyOf(partition, start), end, limit)].map(({ value }) => toHeld(value))
    },
    due(partition, nowMs, limit, skip) {
      const found: HeldPostback[] = []
      for (const { value: place } of deadlines.range(deadlineKey(partition, 0, ''), deadlineKey(partition, nowMs + 1, ''))) {
        if (found.length >= limit) break
        const value = held.get(place)
        if (value !== undefined && !skip(keyIn(value))) found.push(toHeld(value))
      }
      return found
    },
    deferred(partition, workspaceId, limit, skip) {
      const start = keyOf(partition, `${workspaceId}\0`)
      const found: HeldPostback[] = []
      for (const { key: turn, value } of queue.range(start, keyOf(partition, `${workspaceId}\x01`))) {
        if (found.length >= limit) break
        const key = turn.subarray(start.length + OFFSET_BYTES).toString()
        if (!skip(key)) found.push({ key, pending: decode(value) })
      }
      return found
    },
    waiters: (partition) => countsOf(partition).waiters,
    clear(partition) {
      counted.delete(partition)
      for (const table of [held, deadlines, queue, queued]) {
        for (const { key } of [...table.range(keyOf(partition, ''), keyOf(partition + 1, ''))]) table.remove(key)
      }
    },
  }
}

const slotOf = (foldedKey: string): number => textHash(foldedKey)[0] & (FILTER_SLOTS - 1)

const deadlineKey = (partition: number, deadlineMs: number, key: string): Buffer =>
  prefixed(partition, Buffer.concat([uint48(deadlineMs), Buffer.from(key)]))
const turnKey = (partition: number, workspaceId: string, offset: number, key: string): Buffer =>
  prefixed(partition, Buffer.concat([Buffer.from(`${workspaceId}\0`), uint48(Math.max(0, offset)), Buffer.from(key)]))

/** A key of `pending` ends with `:` and a UUID. */
const clickKeyIn = (key: string): string => key.slice(0, -UUID_LENGTH - 1)
const foldPlace = (key: string): string => foldKey(clickKeyIn(key)) + key.slice(-UUID_LENGTH - 1)
const heldPlace = (partition: number, key: string): Buffer => keyOf(partition, foldPlace(key))
const keyIn = (value: Buffer): string => value.toString('utf8', KEY_AT, KEY_AT + value.readUInt16BE(KEY_LENGTH_AT))

function heldValue({ deadline_at, why }: Pending, key: string, bytes: Buffer): Buffer {
  const keyBytes = Buffer.byteLength(key)
  const value = Buffer.allocUnsafe(KEY_AT + keyBytes + bytes.length)
  value.set(uint48(deadline_at))
  value[NEAR_AT] = why === 'click_not_seen' ? 1 : 0
  value.writeUInt16BE(keyBytes, KEY_LENGTH_AT)
  value.write(key, KEY_AT)
  value.set(bytes, KEY_AT + keyBytes)
  return value
}
