import type { ClickRecord } from '../events/click.ts'
import type { Pending } from '../events/pending.ts'
import type { State } from '../state/state.ts'
import type { TableLog } from '../state/table-log.ts'
import { type FoundClick, findClick, putClick } from './click-table.ts'
import type { FirstSight } from './fingerprint.ts'
import { createHeldStore, type HeldStore } from './held-store.ts'
import { keyOf, readUint48, uint48 } from './place.ts'

export const STORE_TOPICS = ['clicks', 'pending', 'postbacks'] as const
export type StoreTopic = (typeof STORE_TOPICS)[number]

/** Where a batch leaves its topic. */
export type Step = {
  /** The offset to read next. */
  readonly next: number
  readonly nowMs: number
  /** The newest time of its records, by which they are purged. */
  readonly newestMs: number
}

/** What attribution knows, by partition. Clicks and held postbacks are a copy of their topics, written together with the
 *  offset they were read up to; first sights follow from topic `postbacks` the same way. */
export type AttributionStore = HeldStore & {
  /** The offset to read next; undefined when nothing of this partition was ever read. */
  next(topic: StoreTopic, partition: number): number | undefined
  /** What `fill` changes of the topic's table is there together with the step, or neither is. */
  write<Result>(topic: StoreTopic, partition: number, step: Step, fill: () => Result): Result
  /** Below this offset of topic `postbacks` everything was decided by this process and committed; 0: nothing is known. */
  decidedTo(partition: number): number
  noteDecided(next: ReadonlyMap<number, number>): void
  /** The position moved and nothing else did. It may be forgotten by a process that dies. */
  advance(topic: StoreTopic, partition: number, step: Pick<Step, 'next' | 'nowMs'>): void
  /** When this process last had the partition; undefined before the first mark. */
  aliveAt(partition: number): number | undefined
  /** `value` as it is in the topic; null takes the click away. `isAlone`: no spelling of its id was found. */
  putClick(partition: number, key: string, value: Buffer | null, isAlone?: boolean): void
  findClick(partition: number, key: string): FoundClick
  /** The same click to join a postback with: of its fields only what is decided by is read. It can be written as it is; a copy cannot. */
  joinClick(partition: number, key: string): FoundClick
  /** Clicks that were merged in the table and are not yet in their topic as they are here. */
  owed: {
    note(partition: number, key: string): void
    settle(partition: number, key: string): void
    /** At most `limit`, behind the key `after`. */
    keys(partition: number, after: string, limit: number): string[]
  }
  firstSight(partition: number, fingerprint: Buffer): FirstSight | undefined
  putFirstSight(partition: number, fingerprint: Buffer, sight: FirstSight): void
  /** Clicks and first sights of before these times go, in large stretches; answers how many. */
  purge(partition: number, clicksBeforeMs: number, sightsBeforeMs: number): number
  close(): void
}

export type TableName = 'clicks' | 'sights'

export function createAttributionStore(deps: {
  /** Holds what waits. */
  readonly state: State
  readonly open: (table: TableName, partition: number) => TableLog
  readonly decode: {
    readonly click: (value: Buffer) => ClickRecord
    readonly joined: (value: Buffer) => ClickRecord
    readonly pending: (value: Buffer) => Pending
  }
}): AttributionStore {
  const { state, decode } = deps
  const held = createHeldStore(state, decode.pending)
  const positions = state.table('positions')
  const owed = state.table('owed')
  const tables = { clicks: new Map<number, TableLog>(), sights: new Map<number, TableLog>() }
  const table = (name: TableName, partition: number): TableLog =>
    tables[name].getOrInsertComputed(partition, () => deps.open(name, partition))
  const tableOf = (topic: Exclude<StoreTopic, 'pending'>, partition: number): TableLog =>
    table(topic === 'clicks' ? 'clicks' : 'sights', partition)

  function write<Result>(topic: StoreTopic, partition: number, { next, nowMs, newestMs }: Step, fill: () => Result): Result {
    if (topic !== 'pending') return tableOf(topic, partition).write({ next, aliveAtMs: nowMs }, newestMs, fill)
    return state.transaction(() => {
      positions.put(keyOf(partition, topic), uint48(next))
      return fill()
    })
  }

  return {
    ...held,
    next(topic, partition) {
      if (topic !== 'pending') return tableOf(topic, partition).position?.next
      const value = positions.get(keyOf(partition, topic))
      return value === undefined ? undefined : readUint48(value)
    },
    write,
    decidedTo(partition) {
      const value = positions.get(keyOf(partition, 'decided'))
      return value === undefined ? 0 : readUint48(value)
    },
    noteDecided(next) {
      state.transaction(() => {
        for (const [partition, offset] of next) positions.put(keyOf(partition, 'decided'), uint48(offset))
      })
    },
    advance(topic, partition, { next, nowMs }) {
      if (topic === 'pending') positions.put(keyOf(partition, topic), uint48(next))
      else tableOf(topic, partition).advance({ next, aliveAtMs: nowMs })
    },
    aliveAt: (partition) => table('clicks', partition).position?.aliveAtMs,
    putClick: (partition, key, value, isAlone) => putClick(table('clicks', partition), key, value, decode.click, isAlone),
    findClick: (partition, key) => findClick(table('clicks', partition), key, decode.click),
    joinClick(partition, key) {
      const found = findClick(table('clicks', partition), key, decode.joined)
      // What lies behind a click in its record is no part of it: only a click that was read whole can be written without.
      const isBare = found.click === undefined || (found.click.transaction_id === null && found.click.accepted.length === 0)
      return isBare ? found : findClick(table('clicks', partition), key, decode.click)
    },
    owed: {
      note: (partition, key) => owed.put(keyOf(partition, key), Buffer.alloc(0)),
      settle: (partition, key) => owed.remove(keyOf(partition, key)),
      keys: (partition, after, limit) =>
        [...owed.range(keyOf(partition, after === '' ? '' : `${after}\0`), keyOf(partition + 1, ''), limit)].map(({ key }) =>
          key.subarray(2).toString(),
        ),
    },
    firstSight(partition, fingerprint) {
      const value = table('sights', partition).get(fingerprint)
      if (value === undefined) return undefined
      return { offset: readUint48(value), receivedAtMs: readUint48(value, 6), postbackId: value.toString('hex', 12) }
    },
    putFirstSight(partition, fingerprint, { offset, receivedAtMs, postbackId }) {
      const value = Buffer.allocUnsafe(20)
      value.writeUIntBE(offset, 0, 6)
      value.writeUIntBE(receivedAtMs, 6, 6)
      value.write(postbackId, 12, 8, 'hex')
      table('sights', partition).put(fingerprint, value)
    },
    purge: (partition, clicksBeforeMs, sightsBeforeMs) =>
      table('clicks', partition).purge(clicksBeforeMs) + table('sights', partition).purge(sightsBeforeMs),
    clear(partition) {
      held.clear(partition)
      for (const mark of ['pending', 'decided']) positions.remove(keyOf(partition, mark))
      for (const { key } of [...owed.range(keyOf(partition, ''), keyOf(partition + 1, ''))]) owed.remove(key)
      for (const name of ['clicks', 'sights'] as const) table(name, partition).clear()
    },
    close() {
      for (const open of Object.values(tables)) {
        for (const one of open.values()) one.close()
        open.clear()
      }
    },
  }
}
