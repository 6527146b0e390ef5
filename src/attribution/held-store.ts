import { foldKey, workspaceOf } from '../events/keys.ts'
import type { Pending } from '../events/pending.ts'
import { murmur2 } from '../kafka/partition.ts'
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
  /** What waits for the click of this key. */
  heldFor(partition: number, clickKey: string, limit: number, skip: Skip): HeldPostback[]
  /** What waits without a better reason than that its click was not seen, under any spelling of this key. */
  heldNear(partition: number, clickKey: string, limit: number, skip: Skip): HeldPostback[]
  /** Held postbacks in the order of their keys, behind the key `after`; of one workspace alone where it is named. */
  heldAfter(partition: number, after: string, limit: number, workspaceId?: string): HeldPostback[]
  /** What is past its deadline, the oldest first. */
  due(partition: number, nowMs: number, limit: number, skip: Skip): HeldPostback[]
  /** The deferred postbacks of a workspace. */
  deferred(partition: number, workspaceId: string, limit: number, skip: Skip): HeldPostback[]
  /** Workspaces with something that waits. */
  waiters(partition: number): Map<string, Waiters>
  /** Forgets a partition, to read it anew. */
  clear(partition: number): void
}

const UUID_LENGTH = 36
/** Half a megabyte a partition; with 50,000 waiting, one click in six is looked up in vain. */
const FILTER_SLOTS = 262_144
const FILTER_FULL = 65_535
const DEADLINE_BYTES = 6
const OFFSET_BYTES = 6
const none: Waiters = { held: 0, deferred: 0 }

export function createHeldStore(state: State, decode: (value: Buffer) => Pending): HeldStore {
  /** Key -> deadline and value. */
  const held = state.table('held')
  /** Deadline and key -> place in `held`. */
  const deadlines = state.table('deadlines')
  /** Folded key -> place in `held`. */
  const near = state.table('near')
  /** Workspace, offset and key -> value. */
  const queue = state.table('deferred')
  /** Key -> place in `queue`. */
  const queued = state.table('deferred-places')
  const counts = state.table('waiters')

  /** How many wait, by a few bits of their folded click keys: nearly every click is told so without a look into the table. */
  const waitingFor = new Map<number, Uint16Array>()
  const filterOf = (partition: number): Uint16Array =>
    waitingFor.getOrInsertComputed(partition, () => {
      const filter = new Uint16Array(FILTER_SLOTS)
      for (const { key } of held.range(keyOf(partition, ''), keyOf(partition + 1, ''))) note(filter, key.subarray(2).toString(), 1)
      return filter
    })
  function note(filter: Uint16Array, key: string, by: 1 | -1): void {
    const slot = slotOf(foldKey(key.slice(0, -1 - UUID_LENGTH)))
    // A slot that was full once stays so: it says `maybe` for ever.
    if (filter[slot] !== FILTER_FULL) filter[slot] = (filter[slot] ?? 0) + by
  }

  const toHeld = (place: Buffer, value: Buffer): HeldPostback => ({
    key: place.subarray(2).toString(),
    pending: decode(value.subarray(DEADLINE_BYTES)),
  })
  const atPlaces = (places: Iterable<{ readonly value: Buffer }>, limit: number, skip: Skip): HeldPostback[] => {
    const found: HeldPostback[] = []
    for (const { value: place } of places) {
      if (found.length >= limit) break
      const value = skip(place.subarray(2).toString()) ? undefined : held.get(place)
      if (value !== undefined) found.push(toHeld(place, value))
    }
    return found
  }

  function count(partition: number, workspaceId: string, heldBy: number, deferredBy: number): void {
    const place = keyOf(partition, workspaceId)
    const stored = counts.get(place)
    const now = stored === undefined ? none : readWaiters(stored)
    const next = { held: now.held + heldBy, deferred: now.deferred + deferredBy }
    if (next.held <= 0 && next.deferred <= 0) counts.remove(place)
    else counts.put(place, Buffer.concat([uint48(Math.max(0, next.held)), uint48(Math.max(0, next.deferred))]))
  }

  function takeAway(partition: number, key: string, place: Buffer): void {
    const before = held.get(place)
    if (before !== undefined) {
      note(filterOf(partition), key, -1)
      held.remove(place)
      deadlines.remove(deadlineKey(partition, readUint48(before), key))
      near.remove(keyOf(partition, foldPlace(key)))
      count(partition, workspaceOf(key), -1, 0)
    }
    const turn = queued.get(place)
    if (turn === undefined) return
    queue.remove(turn)
    queued.remove(place)
    count(partition, workspaceOf(key), 0, -1)
  }

  return {
    putPending(partition, key, record) {
      const place = keyOf(partition, key)
      takeAway(partition, key, place)
      if (record === null) return
      const { pending, bytes } = record
      if (pending.kind === 'held') {
        const filter = filterOf(partition)
        held.put(place, Buffer.concat([uint48(pending.deadline_at), bytes]))
        note(filter, key, 1)
        deadlines.put(deadlineKey(partition, pending.deadline_at, key), place)
        if (pending.why === 'click_not_seen') near.put(keyOf(partition, foldPlace(key)), place)
        count(partition, workspaceOf(key), 1, 0)
      } else {
        const turn = turnKey(partition, workspaceOf(key), pending.offset, key)
        queue.put(turn, bytes)
        queued.put(place, turn)
        count(partition, workspaceOf(key), 0, 1)
      }
    },
    kindOf(partition, key) {
      const place = keyOf(partition, key)
      return held.get(place) !== undefined ? 'held' : queued.get(place) !== undefined ? 'deferred' : undefined
    },
    mayWait: (partition, clickKey) => filterOf(partition)[slotOf(foldKey(clickKey))] !== 0,
    heldFor(partition, clickKey, limit, skip) {
      const start = keyOf(partition, `${clickKey}:`)
      const found: HeldPostback[] = []
      // `;` follows `:`. A click id that begins with this one and a colon lies in between, and is another.
      for (const { key, value } of held.range(start, keyOf(partition, `${clickKey};`))) {
        if (found.length >= limit) break
        if (key.length !== start.length + UUID_LENGTH) continue
        if (!skip(key.subarray(2).toString())) found.push(toHeld(key, value))
      }
      return found
    },
    heldNear(partition, clickKey, limit, skip) {
      const start = keyOf(partition, `${foldKey(clickKey)}:`)
      const range = near.range(start, keyOf(partition, `${foldKey(clickKey)};`))
      return atPlaces(
        (function* () {
          for (const entry of range) if (entry.key.length === start.length + UUID_LENGTH) yield entry
        })(),
        limit,
        skip,
      )
    },
    heldAfter(partition, after, limit, workspaceId) {
      const start = after === '' ? (workspaceId === undefined ? '' : `${workspaceId}:`) : `${after}\0`
      const end = workspaceId === undefined ? keyOf(partition + 1, '') : keyOf(partition, `${workspaceId};`)
      return [...held.range(keyOf(partition, start), end, limit)].map(({ key, value }) => toHeld(key, value))
    },
    due: (partition, nowMs, limit, skip) =>
      atPlaces(deadlines.range(deadlineKey(partition, 0, ''), deadlineKey(partition, nowMs + 1, '')), limit, skip),
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
    waiters(partition) {
      const range = counts.range(keyOf(partition, ''), keyOf(partition + 1, ''))
      return new Map([...range].map(({ key, value }) => [key.subarray(2).toString(), readWaiters(value)]))
    },
    clear(partition) {
      waitingFor.delete(partition)
      for (const table of [held, deadlines, near, queue, queued, counts]) {
        for (const { key } of [...table.range(keyOf(partition, ''), keyOf(partition + 1, ''))]) table.remove(key)
      }
    },
  }
}

const slotOf = (foldedKey: string): number => murmur2(Buffer.from(foldedKey)) & (FILTER_SLOTS - 1)

const deadlineKey = (partition: number, deadlineMs: number, key: string): Buffer =>
  prefixed(partition, Buffer.concat([uint48(deadlineMs), Buffer.from(key)]))
const turnKey = (partition: number, workspaceId: string, offset: number, key: string): Buffer =>
  prefixed(partition, Buffer.concat([Buffer.from(`${workspaceId}\0`), uint48(Math.max(0, offset)), Buffer.from(key)]))
const readWaiters = (value: Buffer): Waiters => ({ held: readUint48(value), deferred: readUint48(value, 6) })

/** A key of `pending` with its click id folded; it ends with `:` and a UUID. */
const foldPlace = (key: string): string => foldKey(key.slice(0, -UUID_LENGTH - 1)) + key.slice(-UUID_LENGTH - 1)
