import type { ClickRecord } from '../../events/click.ts'
import { postbackKey } from '../../events/keys.ts'
import type { Outcome } from '../../events/outcome.ts'
import type { Pending } from '../../events/pending.ts'
import type { Postback } from '../../events/postback.ts'
import { parted } from '../../kafka/batch-double.ts'
import { joinPartitionOf } from '../../kafka/partition.ts'
import type { InRecord, OutRecord } from '../../kafka/record.ts'
import type { PartedBatch, StreamControl } from '../../kafka/stream.ts'
import { createMetrics } from '../../observe/metrics.ts'
import { type MemoryFolder, openMemoryState } from '../../state/memory.ts'
import { emptyTables, type MemoryTables, openMemoryTableLog } from '../../state/memory-table-log.ts'
import type { WorkspaceCopy } from '../../workspaces/copy.ts'
import { createAttribution } from '../run.ts'
import { createAttributionStore } from '../store.ts'
import { createWaiting } from '../waiting.ts'
import { createWorker } from '../worker.ts'
import { json, read } from '../worker-double.ts'

type Entry = { readonly offset: number; readonly key: string; readonly value: Buffer | null }
type Log = { entries: Entry[]; end: number }
type Joined = 'postbacks' | 'clicks' | 'pending'
const TOPICS = ['clicks', 'pending', 'postbacks'] as const
export const PARTITIONS = 2

/** What a member that dies leaves behind. */
type Disk = { readonly state: MemoryFolder; readonly tables: Map<string, MemoryTables> }
const emptyDisk = (): Disk => ({ state: new Map(), tables: new Map() })

type Member = {
  readonly disk: Disk
  task: ReturnType<typeof createAttribution>
  control: StreamControl
  owned: number[]
  generation: number
  readonly positions: Map<string, number>
  readonly paused: Set<string>
  /** Written and not committed. */
  outbox: OutRecord[]
  readonly moved: Map<number, number>
}

/** The topics as logs in memory, and members of the group that read and write them in transactions, one step at a time. All but
 *  the broker and the bytes is the real thing. */
export function createWorld(workspaces: WorkspaceCopy, startMs: number) {
  const logs = new Map(TOPICS.map((topic) => [topic, Array.from({ length: PARTITIONS }, (): Log => ({ entries: [], end: 0 }))]))
  const logOf = (topic: Joined, partition: number): Log => logs.get(topic)?.[partition] as Log // each was made above
  const committed = new Map<number, number>()
  const outcomes: Outcome[] = []
  const deliveries: OutRecord[] = []
  let nowMs = startMs
  let generation = 0
  const failures: unknown[] = []
  const members = [0, 1].map((): Member => start(emptyDisk()))

  function start(disk: Disk): Member {
    const store = createAttributionStore({
      state: openMemoryState(disk.state),
      open: (table, partition) => openMemoryTableLog(disk.tables.getOrInsertComputed(`${table}/${partition}`, emptyTables)),
      decode: { click: read<ClickRecord>, joined: read<ClickRecord>, pending: read<Pending> },
    })
    const waiting = createWaiting(store, { encode: (pending) => inPlace(sharedPending, pending), decode: read<Pending> })
    const worker = createWorker({ store, waiting, workspaces, metrics: createMetrics(), partitions: PARTITIONS })
    const task = createAttribution({
      store,
      waiting,
      worker,
      workspaces,
      decodeClick: read<ClickRecord>,
      // At once, but for one in three that would have to ask the registry.
      readable: <Value>(records: readonly InRecord[]) => {
        const readable = records.map((record) => ({
          record,
          key: record.key?.toString() ?? '',
          value: record.value === null ? null : read<Value>(record.value),
        }))
        return (records[0]?.offset ?? 0) % 3 === 0 ? Promise.resolve(readable) : readable
      },
      encode: written,
      encodeInPlace: (_topic, value) => inPlace(shared, value),
      partitions: () => PARTITIONS,
      statePartitions: () => [],
      clickRetentionMs: Number.POSITIVE_INFINITY,
      absenceMaxMs: 84 * 3_600_000,
      nowMs: () => nowMs,
      onRead: () => undefined,
      log: { debug() {}, info() {}, warn() {}, error() {} },
      onFatal: (error) => failures.push(error),
    })
    return {
      disk,
      task,
      owned: [],
      generation: 0,
      positions: new Map(),
      paused: new Set(),
      outbox: [],
      moved: new Map(),
      control: undefined as unknown as StreamControl, // joins before it is used
    }
  }

  function append(topic: Joined, partition: number, key: string, value: Buffer | null): void {
    const log = logOf(topic, partition)
    log.entries.push({ offset: log.end++, key, value })
  }

  /** A member (again) gets its partitions: what it had not committed is gone. `restored`: until its tables are read to their ends. */
  async function join(member: Member, owned: number[], restored = true): Promise<void> {
    const mine = ++generation
    const tables = Promise.withResolvers<void>()
    const offsets = async (topic: string) => new Map(owned.map((p) => [p, { start: 0, end: logOf(topic as Joined, p).end }]))
    Object.assign(member, { owned, generation: mine, outbox: [] })
    for (const kept of [member.moved, member.paused, member.positions]) kept.clear()
    for (const p of owned) member.positions.set(`postbacks/${p}`, committed.get(p) ?? 0)
    member.control = {
      pause: (topic, p) => void member.paused.add(`${topic}/${p}`),
      resume: (topic, p) => void member.paused.delete(`${topic}/${p}`),
      seek: (topic, p, offset) => void member.positions.set(`${topic}/${p}`, offset),
      committed: () => tables.promise.then(() => new Map([...committed].filter(([p]) => owned.includes(p)))),
      offsets,
      ends: offsets,
      get generation() {
        return member.generation
      },
      async transact(fill) {
        const records: OutRecord[] = []
        await fill({ put: (record) => void records.push(copyOf(record)) })
        if (member.generation === mine) member.outbox.push(...records)
      },
    }
    member.task.onAssigned(new Map(TOPICS.map((topic) => [topic, owned])), member.control)
    for (const p of owned) for (const topic of ['clicks', 'pending'] as const) await feed(member, topic, p, restored ? Infinity : 1)
    if (!restored) return
    tables.resolve()
    while (!member.task.ready() || member.paused.size > 0) await new Promise(setImmediate)
  }

  /** One fetch of at most `count` records; false when there was none. */
  async function feed(member: Member, topic: Joined, partition: number, count: number, isTorn = false): Promise<boolean> {
    const place = `${topic}/${partition}`
    if (!member.owned.includes(partition) || member.paused.has(place)) return false
    const log = logOf(topic, partition)
    const from = member.positions.get(place) ?? 0
    if (from >= log.end) return false
    const entries = log.entries.filter(({ offset }) => offset >= from).slice(0, count)
    const last = entries.at(-1)
    const nextOffset = last === undefined || last === log.entries.at(-1) ? log.end : last.offset + 1
    const records = entries.map(({ offset, key, value }) => ({
      topic,
      partition,
      offset,
      timestampMs: nowMs,
      key: Buffer.from(key),
      value,
    }))
    const batch = parted({ topic, partition, records, nextOffset, highWatermark: log.end })
    const done = await member.task.onBatch(isTorn ? torn(batch) : batch, {
      put: (record) => void member.outbox.push(copyOf(record)),
    })
    member.positions.set(place, nextOffset)
    if (topic === 'postbacks' && done !== 'uncommitted') member.moved.set(partition, nextOffset)
    return true
  }

  /** All that is in the outbox and the positions read become visible together; false when there was nothing. */
  function commit(member: Member): boolean {
    const { outbox, moved } = member
    for (const { topic, partition, key, value } of outbox) {
      if (topic === 'outcomes') outcomes.push(read<Outcome>(value as Buffer))
      else if (topic.startsWith('deliver.')) deliveries.push({ topic, partition, key, value })
      else append(topic as Joined, partition, String(key), value)
    }
    for (const [partition, next] of moved) committed.set(partition, next)
    member.task.onCommitted?.(new Map([['postbacks', moved]]))
    const isWork = outbox.length > 0 || moved.size > 0
    member.outbox = []
    moved.clear()
    return isWork
  }

  async function crash(index: number, withItsStore: boolean): Promise<void> {
    const old = members[index] as Member
    old.generation = -1
    members[index] = start(withItsStore ? emptyDisk() : old.disk)
    await join(members[index], old.owned)
  }

  /** Runs everyone until nothing moves any more. */
  async function drain(): Promise<void> {
    for (let moves = true; moves; ) {
      moves = false
      for (const member of members) {
        for (const p of member.owned) for (const topic of TOPICS) while (await feed(member, topic, p, 3)) moves = true
        await member.task.sweep(member.control)
        if (commit(member)) moves = true
      }
      if (failures.length > 0) throw failures[0]
    }
  }

  /** What topic `pending` holds, the last of each key. */
  const waiting = (): Pending[] =>
    [0, 1].flatMap((p) => {
      const last = new Map(logOf('pending', p).entries.map(({ key, value }) => [key, value]))
      return [...last.values()].flatMap((value) => (value === null ? [] : [read<Pending>(value)]))
    })

  return {
    outcomes,
    deliveries,
    waiting,
    drain,
    now: () => nowMs,
    begin: async () => {
      await join(members[0] as Member, [0])
      await join(members[1] as Member, [1])
    },
    /** Time passes; what the limit deferred is let out first. */
    async advance(ms: number): Promise<void> {
      const until = nowMs + ms
      await drain()
      for (let n = 0; waiting().some(({ kind }) => kind === 'deferred'); n++) {
        if (n > 100) throw new Error('what was deferred is never released')
        nowMs += 10_000
        await drain()
      }
      nowMs = Math.max(nowMs, until)
      await drain()
    },
    click: (key: string, click: ClickRecord | null) =>
      append('clicks', joinPartitionOf(key, PARTITIONS), key, click === null ? null : Buffer.from(JSON.stringify(click))),
    postback(postback: Postback): { partition: number; offset: number } {
      const { key, partitionKey } = postbackKey(postback)
      const partition = joinPartitionOf(partitionKey, PARTITIONS)
      append('postbacks', partition, key, Buffer.from(JSON.stringify(postback)))
      return { partition, offset: logOf('postbacks', partition).end - 1 }
    },
    /** One step of the machinery, named by a number. */
    async step(choice: number): Promise<void> {
      const member = members[choice % 2] as Member
      const p = (choice >> 1) % PARTITIONS
      const size = 1 + ((choice >> 2) % 4)
      const kind = (choice >> 4) % 16
      if (kind < 9) await feed(member, TOPICS[kind % 3] as Joined, p, size)
      else if (kind < 11) await member.task.sweep(member.control)
      else if (kind === 11 || kind === 12) commit(member)
      else if (kind === 13) {
        if ((choice >> 10) % 2 === 0) await feed(member, 'postbacks', p, size, true).catch(unlessTorn)
        await crash(choice % 2, (choice >> 8) % 3 === 0)
      } else if (kind === 14) {
        const [a, b] = members as [Member, Member]
        const [ofA, ofB] = (choice >> 8) % 3 === 0 ? [a.owned, b.owned] : (choice >> 8) % 3 === 1 ? [b.owned, a.owned] : [[0, 1], []]
        if ((choice >> 10) % 2 === 0) await Promise.all([join(a, [], false), join(b, [], false)])
        else await join(a, ofA, false)
        await join(b, ofB)
        await join(a, ofA)
      } else compact(p)
    },
  }

  function compact(partition: number): void {
    for (const topic of ['clicks', 'pending'] as const) {
      const log = logOf(topic, partition)
      const last = new Map(log.entries.map(({ key, offset }) => [key, offset]))
      log.entries = log.entries.filter(({ key, offset }) => last.get(key) === offset)
    }
  }
}

/** As an outbox does. */
const copyOf = (record: OutRecord): OutRecord => ({ ...record, value: record.value && Buffer.from(record.value) })
/** Cannot be read behind its first record. */
const torn = (batch: PartedBatch): PartedBatch => ({
  ...batch,
  *inParts() {
    const [first] = batch.inParts(1)
    if (first !== undefined) yield first
    throw new Torn()
  },
})
class Torn extends Error {}
function unlessTorn(error: unknown): void {
  if (!(error instanceof Torn)) throw error
}
/** As the codec has one: what is not copied at once is overwritten. */
const [shared, sharedPending] = [Buffer.alloc(65_536), Buffer.alloc(65_536)]
const inPlace = (into: Buffer, value: object): Buffer => into.subarray(0, into.write(JSON.stringify(value)))
const written = (_topic: string, value: object): Buffer => json(value)
