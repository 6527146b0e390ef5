import type { ClickRecord } from '../events/click.ts'
import type { Pending } from '../events/pending.ts'
import type { Postback } from '../events/postback.ts'
import { GenerationChanged, unlessChanged } from '../kafka/fault.ts'
import { after, type OrPromise } from '../kafka/or-promise.ts'
import { joinPartitionOf, partitionOf } from '../kafka/partition.ts'
import type { Readable, ReadableOf } from '../kafka/readable.ts'
import type { OutRecord } from '../kafka/record.ts'
import type { Assignment, Batch, InRecord, Outbox, PartedBatch, StreamControl, StreamTask } from '../kafka/stream.ts'
import type { Log } from '../observe/log.ts'
import type { WorkspaceCopy } from '../workspaces/copy.ts'
import { DEDUPE_WINDOW_MAX_DAYS } from '../workspaces/schema.ts'
import { createActivation, type Partitions, placeOf } from './activate.ts'
import { createOwedClicks } from './owed-clicks.ts'
import type { AttributionStore, StoreTopic } from './store.ts'
import type { Waiting } from './waiting.ts'
import { AT_ONCE_MAX, type Worker, type Write } from './worker.ts'

/** How long a postback waits for the configuration that its edge already had. */
const CONFIG_WAIT_MS = 5_000
const SWEEP_EVERY_MS = 500
const PURGE_EVERY_MS = 60_000
/** Records that are read together are alive together, and the collector copies what it finds alive: of a batch of a thousand
 *  it moved most, of so many next to nothing. */
const PART_RECORDS = 128
/** Longer than any workspace may look back for duplicates. */
const SIGHTS_KEPT_MS = (DEDUPE_WINDOW_MAX_DAYS + 1) * 86_400_000

export type AttributionDeps = {
  readonly store: AttributionStore
  readonly waiting: Waiting
  readonly worker: Worker
  readonly workspaces: WorkspaceCopy
  readonly readable: ReadableOf
  /** The whole click, which `readable` may have read in part. */
  readonly decodeClick: (bytes: Buffer) => ClickRecord
  readonly encode: (topic: string, value: object) => Buffer
  /** The same, as a view that the next call for the topic writes over. */
  readonly encodeInPlace: (topic: string, value: object) => Buffer
  /** Whose state lies here, ours now or not. */
  readonly statePartitions: () => readonly number[]
  /** Partitions by topic. */
  readonly partitions: (topic: string) => number
  /** As long as topic `clicks` keeps its records. */
  readonly clickRetentionMs: number
  /** A partition that was not looked at for longer may have missed tombstones; it is read anew. */
  readonly absenceMaxMs: number
  readonly nowMs: () => number
  /** So many more records of a topic were worked off; what comes again counts again. */
  readonly onRead: (topic: string, count: number) => void
  readonly log: Log
  readonly onFatal: (error: unknown) => void
}

/** Attribution's task for the stream shell. On assignment a partition's postbacks wait while its clicks and held postbacks are
 *  read to their ends; what became ready meanwhile is settled; then the postbacks go on from the committed offset. */
export function createAttribution(
  deps: AttributionDeps,
): StreamTask & { sweep(control: StreamControl): Promise<void>; sweepEvery(control: StreamControl): NodeJS.Timeout; ready(): boolean } {
  const { store, waiting, worker, workspaces, nowMs, log } = deps
  const mine: Partitions = { active: new Set(), decideFrom: new Map(), committedTo: new Map(), positions: new Map() }
  const { active, decideFrom, committedTo, positions } = mine
  const owed = createOwedClicks({ ...deps, isActive: (partition) => active.has(partition) })
  /** Clicks whose held postbacks were too many for one batch, by partition; the sweep goes on with them. */
  const woken = new Map<number, Set<string>>()
  let assigned: readonly number[] | null = null
  let running: StreamControl | null = null
  let purgedMs = 0

  const write =
    (outbox: Outbox): Write =>
    (partition, { topic, key, value }) => {
      const place =
        topic === 'pending'
          ? partition
          : topic === 'clicks'
            ? joinPartitionOf(key, deps.partitions(topic))
            : partitionOf(key, deps.partitions(topic))
      outbox.put({ topic, partition: place, key, value: value === null ? null : deps.encodeInPlace(topic, value) })
    }

  const activation = createActivation({ store, worker, owed, partitions: mine, write, nowMs, log })

  async function onBatch(batch: PartedBatch, outbox: Outbox): Promise<'uncommitted' | undefined> {
    const { topic, partition, nextOffset } = batch
    const work = topic === 'clicks' ? onClicks : topic === 'pending' ? onPending : onPostbacks
    const turn = turnOf()
    for (const part of batch.inParts(PART_RECORDS)) {
      const done = work(part, outbox, turn)
      if (done !== undefined) await done // else nobody comes in between
      deps.onRead(topic, part.records.length)
    }
    if (topic !== 'postbacks') positions.set(placeOf(topic, partition), nextOffset)
    return topic === 'postbacks' && nextOffset <= (committedTo.get(partition) ?? 0) ? 'uncommitted' : undefined
  }

  /** One batch. What waits amid it may outlast the generation: nothing may be decided then. */
  type Turn = { readonly checkOurs: () => void; isConfigLate: boolean }
  function turnOf(): Turn {
    const mine = running?.generation
    const checkOurs = (): void => {
      if (running?.generation !== mine) throw new GenerationChanged()
    }
    return { checkOurs, isConfigLate: false }
  }

  /** State remembers that a batch of a table was read before the outputs of the batch are committed, so what it buries is
   *  committed first. Read again from the topic, it is buried again: `dead` names topic, partition and offset of each. */
  function readAndBury<Value>(records: Batch['records']): OrPromise<Readable<Value>[]> {
    const dead: OutRecord[] = []
    const readable = deps.readable<Value>(records, (out) => dead.push(out))
    return after(readable, (read) => (dead.length === 0 ? read : after(writeNow(dead), () => read)))
  }
  const writeNow = (records: readonly OutRecord[]): OrPromise<void> =>
    running?.transact((outbox) => {
      for (const record of records) outbox.put(record)
    })

  function onClicks({ partition, records, nextOffset }: Batch, outbox: Outbox, { checkOurs }: Turn): OrPromise<void> {
    return after(readAndBury<ClickRecord>(records), (readable) => {
      checkOurs()
      step('clicks', partition, nextOffset, readable, () => {
        for (const { record, key, value } of readable) {
          const { click, otherSpelling } = store.findClick(partition, key)
          const both = owed.merged(partition, key, value && record.value, click, outbox)
          store.putClick(partition, key, both ?? record.value, click === undefined && otherSpelling === undefined)
        }
      })
      if (!active.has(partition)) return
      const put = write(outbox)
      for (const { key } of readable) {
        const more = worker.clickCame(partition, key, nowMs(), put, AT_ONCE_MAX)
        if (more) woken.getOrInsertComputed(partition, () => new Set()).add(key)
      }
    })
  }

  function onPending({ partition, records, nextOffset }: Batch, _: Outbox, { checkOurs }: Turn): OrPromise<void> {
    return after(readAndBury<Pending>(records), (readable) => {
      checkOurs()
      step('pending', partition, nextOffset, readable, () => {
        for (const { record, key, value: pending } of readable) {
          const bytes = copyOf(record.value)
          store.putPending(partition, key, pending === null || bytes === null ? null : { pending, bytes })
        }
      })
      for (const { key, value } of readable) waiting.echoed(partition, key, value)
    })
  }

  function onPostbacks({ partition, records, nextOffset }: Batch, outbox: Outbox, turn: Turn): OrPromise<void> {
    const read = deps.readable<Postback>(records, (out) => outbox.put(out))
    return after(read, (readable) =>
      after(configOf(partition, readable, turn), () => {
        turn.checkOurs()
        const from = decideFrom.get(partition) ?? 0
        const put = write(outbox)
        step('postbacks', partition, nextOffset, readable, () => {
          for (const { record, value } of readable) {
            if (value === null) continue
            if (record.offset < from) worker.remember(partition, record.offset, value)
            else worker.postback(partition, record.offset, value, nowMs(), put)
          }
        })
      }),
    )
  }

  /** There once the configuration is what the edges of these postbacks had, or is late. */
  function configOf(partition: number, postbacks: readonly Readable<Postback>[], turn: Turn): OrPromise<void> {
    let newest = -1
    for (const { value } of postbacks) if (value !== null) newest = Math.max(newest, value.workspaces_offset)
    if (newest <= workspaces.appliedOffset() || turn.isConfigLate) return
    return workspaces.waitFor(newest, CONFIG_WAIT_MS).then((came) => {
      if (came) return
      turn.isConfigLate = true // the next parts of this batch wait no more
      log.warn({ partition, waited_for: newest }, 'attribution.config_late')
    })
  }

  /** What a batch changes goes into the store together with where it leaves its topic. */
  function step(topic: StoreTopic, partition: number, next: number, readable: readonly { record: InRecord }[], fill: () => void): void {
    const at = { next, nowMs: nowMs(), newestMs: readable.reduce((newest, { record }) => Math.max(newest, record.timestampMs), 0) }
    if (readable.length === 0) store.advance(topic, partition, at)
    else store.write(topic, partition, at, fill)
  }

  function onAssigned(assignment: Assignment, control: StreamControl): void {
    assigned = assignment.get('postbacks') ?? []
    running = control
    active.clear()
    decideFrom.clear()
    committedTo.clear()
    worker.reset()
    woken.clear()
    positions.clear()
    for (const partition of assigned) {
      const absentMs = nowMs() - (store.aliveAt(partition) ?? nowMs())
      if (absentMs > deps.absenceMaxMs) {
        log.warn({ partition, absent_ms: absentMs }, 'attribution.store_too_old')
        store.clear(partition)
      }
      control.pause('postbacks', partition)
      for (const topic of ['clicks', 'pending'] as const) {
        const next = store.next(topic, partition)
        if (next === undefined) continue
        control.seek(topic, partition, next)
        positions.set(placeOf(topic, partition), next)
      }
    }
    const generation = control.generation
    activation.activate(assigned, control, () => control.generation === generation).catch(unlessChanged(deps.onFatal))
  }

  return {
    onAssigned,
    onBatch,
    checkpoints() {
      const reach = deps.statePartitions().map((partition) => [partition, store.next('clicks', partition)] as const)
      return new Map(reach.flatMap(([partition, next]) => (next === undefined ? [] : [[partition, next]])))
    },
    onCommitted(committed) {
      const decided = committed.get('postbacks')
      if (decided !== undefined) store.noteDecided(decided)
    },
    sweep,
    ready: () => assigned?.every((partition) => active.has(partition)) ?? false,
    sweepEvery(control) {
      let sweeping = false
      return setInterval(() => {
        if (sweeping) return
        sweeping = true
        sweep(control)
          .catch(unlessChanged(deps.onFatal))
          .finally(() => {
            sweeping = false
          })
      }, SWEEP_EVERY_MS)
    },
  }

  async function sweep(control: StreamControl): Promise<void> {
    if (nowMs() - purgedMs > PURGE_EVERY_MS) purge()
    await Promise.all([...active].map((partition) => sweepPartition(partition, control)))
  }

  async function sweepPartition(partition: number, control: StreamControl): Promise<void> {
    await control.transact((outbox) => worker.sweep(partition, nowMs(), write(outbox), AT_ONCE_MAX), partition)
    for (const key of woken.get(partition) ?? []) {
      await control.transact((outbox) => {
        // Before the commit: a click that comes while it runs may wake them again.
        if (!worker.clickCame(partition, key, nowMs(), write(outbox), AT_ONCE_MAX)) woken.get(partition)?.delete(key)
      }, partition)
    }
  }

  /** Takes away what is too old to count, and marks quiet partitions as not forgotten. */
  function purge(): void {
    purgedMs = nowMs()
    for (const partition of active) {
      for (const topic of ['clicks', 'postbacks'] as const) {
        const next = store.next(topic, partition)
        if (next !== undefined) store.advance(topic, partition, { next, nowMs: purgedMs })
      }
      const gone = store.purge(partition, purgedMs - deps.clickRetentionMs, purgedMs - SIGHTS_KEPT_MS)
      if (gone > 0) log.info({ partition, gone }, 'attribution.purged')
    }
  }
}

/** Values are views into a whole fetch response: what is kept must be copied. */
const copyOf = (value: Buffer | null): Buffer | null => (value === null ? null : Buffer.from(value))
