import { foldKey, workspaceOf } from '../events/keys.ts'
import type { Pending } from '../events/pending.ts'
import type { HeldPostback } from './held-store.ts'
import type { Turn } from './release.ts'
import type { AttributionStore } from './store.ts'

/** What waits of one workspace in one partition, and what is known of its turns. */
export type Backlog = {
  held: number
  deferred: number
  /** undefined: nothing was released in this generation. */
  turn: Turn | undefined
  /** The hold that the deadlines of its held postbacks rest on; undefined: none was decided in this generation. */
  holdMs: number | undefined
  /** Where the deadlines are being decided again, behind this key, for a hold of `holdMs`. */
  revising: { readonly holdMs: number; after: string } | undefined
}

/** What waits as it will be once all our own writes have come back from topic `pending`. The store is written from the log
 *  alone, so that an aborted transaction leaves no trace in it; what is still on its way lies over it here. */
export type Waiting = {
  /** One of our writes to `pending`: it counts at once. */
  sent(partition: number, postbackKey: string, key: string, pending: Pending | null): void
  /** A record of `pending` has come back and is in the store. The last that we wrote of its key ends the wait for it; those before
   *  it may never come, since compaction takes them. */
  echoed(partition: number, key: string, pending: Pending | null): void
  /** What a postback read from the store is by now; null when it waits no more. */
  latest(partition: number, waited: HeldPostback): Pending | null
  /** False: nothing waits under any spelling of this key. */
  mayWait(partition: number, clickKey: string): boolean
  /** What waits for the click of this key, and under its other spellings what has no better reason than that its click was not seen;
   *  at most `limit`. */
  concernedBy(partition: number, clickKey: string, limit: number): HeldPostback[]
  /** Past their deadline and not already settled. */
  due(partition: number, nowMs: number, limit: number): HeldPostback[]
  /** The held postbacks of a workspace behind the key `after`, about `limit`: go on behind the `after` of the answer, unless
   *  it was the `last`. */
  heldOf(
    partition: number,
    workspaceId: string,
    after: string,
    limit: number,
  ): { readonly held: HeldPostback[]; readonly after: string; readonly last: boolean }
  /** The deferred postbacks of a workspace whose turn is next, at most `limit`. */
  nextDeferred(partition: number, workspaceId: string, limit: number): HeldPostback[]
  /** Whether something of the workspace is deferred in the partition. */
  isDeferring(partition: number, workspaceId: string): boolean
  backlog(partition: number, workspaceId: string): Backlog
  /** Workspaces that wait or waited in this generation, in the order of their turns. */
  backlogs(partition: number): Map<string, Backlog>
  /** What was on its way in a former generation either came back or was never written. */
  reset(): void
}

export type PendingBytes = {
  /** May be a view that the next call writes over. */
  encode(pending: Pending): Buffer
  decode(bytes: Buffer): Pending
}

/** One of our writes until it comes back, as the bytes it was written as: a decoded postback is many objects, which the collector would
 *  move twice, and it keeps the whole fetch response it came with. */
type Sent = Omit<Pending, 'postback' | 'offset'> & { readonly bytes: Buffer }
type OnItsWay = { sent: Sent | null; readonly postbackKey: string }

export function createWaiting(store: AttributionStore, { encode, decode }: PendingBytes): Waiting {
  const overlays = new Map<number, Map<string, OnItsWay>>()
  const byFoldedKey = new Map<string, Set<string>>()
  const backlogs = new Map<number, Map<string, Backlog>>()
  /** Deferred postbacks that have not come back yet, by partition and workspace, in their order. */
  const fresh = new Map<string, Map<string, Sent>>()
  const overlay = (partition: number) => overlays.getOrInsertComputed(partition, () => new Map())
  const freshOf = (partition: number, workspaceId: string) => fresh.getOrInsertComputed(`${partition}:${workspaceId}`, () => new Map())
  const backlogsOf = (partition: number) =>
    backlogs.getOrInsertComputed(
      partition,
      () => new Map([...store.waiters(partition)].map(([workspaceId, { held, deferred }]) => [workspaceId, emptyBacklog(held, deferred)])),
    )
  const backlogOf = (partition: number, workspaceId: string) =>
    backlogsOf(partition).getOrInsertComputed(workspaceId, () => emptyBacklog(0, 0))

  function forgetFresh(partition: number, key: string): void {
    const place = `${partition}:${workspaceOf(key)}`
    const keys = fresh.get(place)
    keys?.delete(key)
    if (keys?.size === 0) fresh.delete(place)
  }

  function* onTheirWay(partition: number, clickKey: string): Generator<HeldPostback> {
    for (const key of byFoldedKey.get(foldKey(clickKey)) ?? []) {
      const { sent, postbackKey } = overlay(partition).get(key) ?? {}
      if (sent?.kind === 'held' && (sent.why === 'click_not_seen' || postbackKey === clickKey)) yield toHeld(key, sent)
    }
  }
  /** Read when it is looked at: of most only the key counts. */
  const toHeld = (key: string, { bytes }: Sent): HeldPostback => ({
    key,
    get pending() {
      return decode(bytes)
    },
  })
  function toSent(pending: Pending): Sent {
    const encoded = encode(pending)
    const bytes = Buffer.allocUnsafeSlow(encoded.length) // a small one would keep its slab
    bytes.set(encoded)
    const { kind, why, held_at, deadline_at } = pending
    return { kind, why, held_at, deadline_at, bytes }
  }

  return {
    sent(partition, postbackKey, key, pending) {
      const over = overlay(partition)
      const before = over.get(key)
      const kind = before === undefined ? store.kindOf(partition, key) : before.sent?.kind
      const backlog = backlogOf(partition, workspaceOf(key))
      if (kind !== undefined) backlog[kind]--
      if (pending !== null) backlog[pending.kind]++
      const sent = pending && toSent(pending)
      if (sent?.kind === 'deferred') freshOf(partition, workspaceOf(key)).set(key, sent)
      else if (kind === 'deferred') forgetFresh(partition, key)

      const entry = before ?? { sent, postbackKey }
      entry.sent = sent
      over.set(key, entry)
      byFoldedKey.getOrInsertComputed(foldKey(postbackKey), () => new Set()).add(key)
    },
    echoed(partition, key, pending) {
      const entry = overlay(partition).get(key)
      if (entry === undefined || !isSame(entry.sent, pending)) return
      overlay(partition).delete(key)
      forgetFresh(partition, key)
      const folded = foldKey(entry.postbackKey)
      const keys = byFoldedKey.get(folded)
      keys?.delete(key)
      if (keys?.size === 0) byFoldedKey.delete(folded)
    },
    latest(partition, { key, pending }) {
      const entry = overlay(partition).get(key)
      if (entry === undefined) return pending
      return entry.sent && decode(entry.sent.bytes)
    },
    mayWait: (partition, clickKey) => (byFoldedKey.size > 0 && byFoldedKey.has(foldKey(clickKey))) || store.mayWait(partition, clickKey),
    concernedBy(partition, clickKey, limit) {
      const over = overlay(partition)
      const stored = store.concernedBy(partition, clickKey, limit, (key) => over.has(key))
      return [...stored, ...onTheirWay(partition, clickKey)].slice(0, limit)
    },
    due(partition, nowMs, limit) {
      const over = overlay(partition)
      return store.due(partition, nowMs, limit, (key) => over.has(key))
    },
    heldOf(partition, workspaceId, after, limit) {
      const over = overlay(partition)
      const stored = store.heldAfter(partition, after, limit, workspaceId)
      const held = stored.filter(({ key }) => !over.has(key))
      const last = stored.length < limit
      if (last)
        for (const [key, { sent }] of over) if (sent?.kind === 'held' && workspaceOf(key) === workspaceId) held.push(toHeld(key, sent))
      return { held, after: stored.at(-1)?.key ?? after, last }
    },
    nextDeferred(partition, workspaceId, limit) {
      const over = overlay(partition)
      const next = store.deferred(partition, workspaceId, limit, (key) => over.has(key))
      for (const [key, sent] of fresh.get(`${partition}:${workspaceId}`) ?? []) {
        if (next.length >= limit) break
        next.push(toHeld(key, sent))
      }
      return next
    },
    isDeferring: (partition, workspaceId) => (backlogsOf(partition).get(workspaceId)?.deferred ?? 0) > 0,
    backlog: backlogOf,
    backlogs: backlogsOf,
    reset() {
      overlays.clear()
      byFoldedKey.clear()
      backlogs.clear()
      fresh.clear()
    },
  }
}

const isSame = (a: Sent | null, b: Pending | null): boolean =>
  a === null || b === null ? a === b : a.kind === b.kind && a.why === b.why && a.held_at === b.held_at && a.deadline_at === b.deadline_at

const emptyBacklog = (held: number, deferred: number): Backlog => ({
  held,
  deferred,
  turn: undefined,
  holdMs: undefined,
  revising: undefined,
})
