import { setTimeout as sleep } from 'node:timers/promises'
import type { Metrics } from '../../observe/metrics.ts'
import type { Outgoing } from '../deps.ts'
import type { StorageProducer } from '../storage.ts'
import { type Entry, nameOf, type Place } from './backlog.ts'
import type { Spool } from './spool.ts'

/** What is under way to the broker outside the replay: true once it has it, false once it is certain that it does not. */
type UnderWay = Promise<boolean>
type Appending = { readonly record: Outgoing; underWay: UnderWay | null }
/** A partition with something in the spool. */
type Lagging = {
  readonly place: Place
  /** All of it has been handed to the producer and the broker answers: what comes now may be sent behind it. */
  isCaughtUp: boolean
  /** Put on disk since the replay last sent some. */
  came: number
  /** On their way to the disk, in their order. */
  readonly appending: Set<Appending>
  replaying: boolean
}

export type Replay = {
  /** Whether a new record must go to the spool to keep its place behind others. */
  isBehind(record: Outgoing): boolean
  /** Resolves once it is on disk; from then on it is sent until the broker has it. `late` tells whether it came to the broker after all.
   *  Rejects as the spool does. */
  put(record: Outgoing, late: Promise<unknown> | null): Promise<void>
  stop(): void
}

/** Of one partition under way, at least: so many are repeated when the edge or the broker is killed meanwhile. */
const LEAST_RECORDS = 5
/** Of what waits for it. */
const SHARE = 1 / 32
/** Of what came for it in the time of an acknowledgement, so that a partition catches up; while more than the most comes it does not. */
const CATCH_UP = 4
const MOST_RECORDS = 500
/** Than the last time, since what came while the broker was away came in the whole of an outage. */
const MORE = 2
const BATCH_BYTES = 262_144
/** The producer's queue belongs to what comes in; the replay keeps out when it is longer. */
const QUEUE_MAX_BYTES = 24_000_000
const QUEUE_CHECK_MS = 50
const NO_ACK_PAUSE_MS = 50

export function createReplay(deps: {
  readonly producer: StorageProducer
  readonly spool: Spool
  readonly metrics: Pick<Metrics, 'count'>
  readonly report: (level: 'info' | 'warn' | 'error', fields: object, message: string) => void
}): Replay {
  const { producer, spool, metrics, report } = deps
  const lagging = new Map<string, Lagging>()
  const underWay = new Map<number, UnderWay>()
  let stopped = false

  for (const { topic, partition } of spool.backlog.queues()) start(lag({ topic, partition }))

  function lag(place: Place): Lagging {
    const name = nameOf(place)
    let state = lagging.get(name)
    if (state === undefined) {
      state = {
        place: { topic: place.topic, partition: place.partition },
        isCaughtUp: false,
        came: 0,
        appending: new Set(),
        replaying: false,
      }
      lagging.set(name, state)
    }
    return state
  }

  function start(state: Lagging): void {
    if (state.replaying || stopped) return
    state.replaying = true
    replay(state)
      .catch((error: unknown) => report('error', { ...state.place, error: String(error) }, 'spool.replay_failed'))
      .finally(() => {
        state.replaying = false
        if (spool.backlog.has(state.place)) setTimeout(() => start(state), QUEUE_CHECK_MS).unref()
        else forget(state)
      })
  }

  function forget(state: Lagging): void {
    const isOver = state.appending.size === 0 && !state.replaying && !spool.backlog.has(state.place)
    // Another may have taken its place already.
    if (isOver && lagging.get(nameOf(state.place)) === state) lagging.delete(nameOf(state.place))
  }

  async function replay(state: Lagging): Promise<void> {
    let most = LEAST_RECORDS
    let isBack = false
    for (;;) {
      const queue = spool.backlog.queueOf(state.place)
      if (queue === undefined || stopped) return
      state.came = 0
      const { answers, last } = await send(state, bounded(spool.backlog.next(queue, most)))
      // Only an acknowledgement says that the broker is back.
      state.isCaughtUp = isBack && last >= (queue.positions.at(-1) ?? 0)
      isBack = (await Promise.all(answers)).includes(true)
      const more = Math.max(Math.min(state.came * CATCH_UP, most * MORE), (queue.positions.length - queue.head) * SHARE)
      most = isBack ? Math.min(MOST_RECORDS, Math.max(LEAST_RECORDS, Math.floor(more))) : LEAST_RECORDS
      if (!isBack) await sleep(NO_ACK_PAUSE_MS, undefined, { ref: false })
    }
  }

  /** Sends the first of them, in their order: as many as may go now, up to position `last`. */
  async function send(state: Lagging, entries: readonly Entry[]): Promise<{ answers: UnderWay[]; last: number }> {
    const unsent: Entry[] = []
    const answers: UnderWay[] = []
    for (const entry of entries) {
      const already = underWay.get(entry.position)
      // What is under way has its place before what follows, which must wait to hear of it.
      if (already === undefined ? answers.length > 0 : unsent.length > 0) break
      if (already === undefined) unsent.push(entry)
      else answers.push(already)
    }
    if (answers.length > 0) return { answers, last: entries[answers.length - 1]?.position ?? -1 }
    const records = await spool.read(unsent)
    // All of them or none: one that found no room would be overtaken by the next.
    while (producer.queuedBytes > QUEUE_MAX_BYTES && !stopped) await sleep(QUEUE_CHECK_MS, undefined, { ref: false })
    if (stopped) return { answers, last: -1 }
    const sent = records.map((record, index) => {
      const position = unsent[index]?.position ?? -1
      if (record !== null) return watch(state.place, position, sendAlways(record))
      lose(state.place, position)
      return Promise.resolve(false)
    })
    return { answers: sent, last: unsent.at(-1)?.position ?? -1 }
  }

  const sendAlways = (record: Outgoing): UnderWay =>
    producer.send(record, Number.POSITIVE_INFINITY).then(
      () => true,
      () => false,
    )

  /** Notes the answer for a position on disk. */
  function watch(place: Place, position: number, sent: UnderWay): UnderWay {
    const answer = sent.then((isThere) => {
      underWay.delete(position)
      if (isThere) {
        spool.done(place, position)
        metrics.count('spool_replayed_total', { topic: place.topic })
      } else {
        // It has to be sent again: nothing may go before it.
        const state = lagging.get(nameOf(place))
        if (state !== undefined) state.isCaughtUp = false
      }
      return isThere
    })
    underWay.set(position, answer)
    return answer
  }

  function lose(place: Place, position: number): void {
    if (!spool.done(place, position)) return
    metrics.count('spool_lost_total', { topic: place.topic })
    report('error', { ...place, position }, 'spool.record_unreadable')
  }

  return {
    isBehind(record) {
      if (lagging.size === 0) return false
      const state = lagging.get(nameOf(record))
      if (state === undefined) return false
      if (!state.isCaughtUp) return true
      // What is still on its way to the disk goes to the broker at the same time, before the new one.
      for (const one of state.appending) one.underWay ??= sendAlways(one.record)
      return false
    },
    async put(record, late) {
      const state = lag(record)
      if (late !== null) state.isCaughtUp = false
      const one: Appending = { record, underWay: late?.then((ack) => ack !== null) ?? null }
      state.appending.add(one)
      state.came++
      try {
        const position = await spool.append(record)
        if (state.isCaughtUp) one.underWay ??= sendAlways(record)
        if (one.underWay !== null) void watch(state.place, position, one.underWay)
      } finally {
        state.appending.delete(one)
        forget(state)
      }
      if (spool.backlog.has(record)) start(lag(record))
    },
    stop() {
      stopped = true
    },
  }
}

function bounded(entries: readonly Entry[]): Entry[] {
  let bytes = 0
  return entries.filter((entry, index) => {
    bytes += entry.bytes
    return index === 0 || bytes <= BATCH_BYTES
  })
}
