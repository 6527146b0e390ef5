import { setTimeout as sleep } from 'node:timers/promises'
import type { Producer as KafkaProducer } from 'kafkajs'
import { ProducerFault } from './fault.ts'
import type { Compression } from './patches/codecs.ts'
import { acknowledgedOf, type Metadata, tellLeaders } from './patches/send-messages.ts'
import { type BatchBounds, createRequestBounds, offsetsOf, toBatch } from './produce.ts'
import type { Ack } from './producer.ts'
import type { OutRecord, Report } from './record.ts'

export type Pending = {
  readonly record: OutRecord
  readonly place: Place
  readonly bytes: number
  /** By `performance.now()`. */
  readonly queuedMs: number
  /** By `performance.now()`; Infinity: the lane sends it until it is acknowledged. */
  readonly deadlineMs: number
  readonly resolve: (ack: Ack) => void
  readonly reject: (fault: ProducerFault) => void
  /** Set when the deadline passed while the record was under way. */
  late?: (ack: Ack | null) => void
}

/** A partition that is written to. */
export type Place = {
  /** The broker that leads it, as far as one has said so; -1: none has. */
  leader: number
  /** When one last did, by `performance.now()`; -1: never. */
  heardMs: number
}

export type Lane = {
  push(pending: Pending): void
  /** Rejects what has waited too long, and with it all that waits behind it for the same partition, so that order holds
   *  wherever the caller takes it. */
  expire(nowMs: number): void
  /** Sends what is queued, then disconnects. */
  close(): Promise<void>
}

/** Who leads what, which every acknowledgement tells. */
export type Leaders = {
  /** True: some partition is led by another broker than before. */
  heard(answers: readonly Metadata[]): boolean
  placeOf(topic: string, partition: number): Place
  /** Where all of a partition goes. It changes only with what is heard. */
  laneOf(place: Place): Lane
}

const REQUEST_BYTES = 8_000_000
/** So much is worth a request of its own: it lingers no longer. */
const LINGER_BYTES = 262_144
/** Of the most records that waited at once, so much is still expected after each request. */
const EXPECTED_SHARE = 0.95
const BROKER_TIMEOUT_MS = 5_000
const RECONNECT_PAUSE_MS = 200
/** A partition that took nothing is left alone for so long, so that it holds up the others of its lane as little as can be. */
const HOLD_FIRST_MS = 200
const HOLD_MAX_MS = 1_600
/** One kafkajs producer with one request under way. It is idempotent, so that the retries of a request write once: they
 *  repeat the very same record batches under the same sequence numbers. Past the retries, or when an answer leaves a
 *  partition out, what was written is unknown: the producer is replaced, and what has no acknowledgement is sent again by
 *  the new one, at least once. */
export function createLane(deps: {
  readonly connect: () => KafkaProducer
  readonly bounds: BatchBounds
  /** How long a record may wait for others to share its request. */
  readonly lingerMs: number
  readonly compression: Compression
  readonly report: Report
  readonly onSettled: (bytes: number) => void
  readonly leaders: Leaders
}): Lane {
  let queue: Pending[] = []
  /** Of the queue since it was last taken from. */
  let gatheredBytes = 0
  let gatheredRecords = 0
  /** So many senders wait at once, as far as the last requests tell: once all of them have come nobody is worth waiting for. */
  let expected = 0
  let inFlight: Pending[] = []
  let producer: KafkaProducer | null = null
  /** When the producer last had to look for a leader, or was a new one: what was heard before may be older than what it knows, and would
   *  send it to a broker that is silent again and again. */
  let lookedMs = 0
  /** Partitions that took nothing when they were last asked. */
  const held = new Map<Place, { untilMs: number; waitMs: number }>()
  let closing = false
  let wake: () => void = () => undefined

  const ensure = async (): Promise<KafkaProducer> => {
    if (producer !== null) return producer
    const fresh = deps.connect()
    try {
      await fresh.connect()
    } catch (error) {
      await fresh.disconnect().catch(() => undefined)
      throw error
    }
    producer = fresh
    return fresh
  }

  const retire = (): void => {
    producer?.disconnect().catch(() => undefined)
    producer = null
  }

  const heldUntilMs = ({ place }: Pending): number => (held.size === 0 ? 0 : (held.get(place)?.untilMs ?? 0))

  /** Of a request's partitions those that took nothing are held, longer each time; the others are free again. */
  const noteHeld = (sent: readonly Pending[], missing: readonly Pending[]): void => {
    const refused = new Set(missing.map(({ place }) => place))
    if (held.size > 0) for (const { place } of sent) if (!refused.has(place)) held.delete(place)
    for (const place of refused) {
      const waitMs = Math.min(HOLD_MAX_MS, (held.get(place)?.waitMs ?? HOLD_FIRST_MS / 2) * 2)
      held.set(place, { waitMs, untilMs: performance.now() + waitMs })
    }
  }

  const take = (): Pending[] => {
    const bounds = createRequestBounds(deps.bounds)
    const taken: Pending[] = []
    const left: Pending[] = []
    let bytes = 0
    const nowMs = performance.now()
    for (const pending of queue) {
      if (bytes < REQUEST_BYTES && heldUntilMs(pending) <= nowMs && bounds.fits(pending.record, pending.bytes)) {
        bytes += pending.bytes
        taken.push(pending)
      } else left.push(pending)
    }
    queue = left
    gatheredBytes = 0
    gatheredRecords = 0
    expected *= EXPECTED_SHARE
    return taken
  }

  const acknowledge = (pending: Pending, offset: number): void => {
    deps.onSettled(pending.bytes)
    if (pending.late === undefined) pending.resolve({ offset })
    else pending.late({ offset })
  }

  /** Puts back what nobody has given up yet, before what came later. */
  const putBack = (unsent: readonly Pending[]): void => {
    for (const pending of unsent) {
      if (pending.late === undefined) continue
      deps.onSettled(pending.bytes)
      pending.late(null)
    }
    queue = [...unsent.filter((pending) => pending.late === undefined), ...queue]
  }

  /** What waits of partitions that belong to other lanes goes there in its order, before anything new does. Nothing may be under way here,
   *  and nobody may come in between once it is known who leads. */
  const handOver = (): void => {
    const ours: Pending[] = []
    for (const pending of queue) {
      const { place } = pending
      const lane = deps.leaders.laneOf(place)
      if (lane === self) ours.push(pending)
      else {
        held.delete(place)
        lane.push(pending)
      }
    }
    queue = ours
  }

  const sendOne = async (): Promise<void> => {
    const connected = await ensure()
    inFlight = take()
    const sent = inFlight
    const records = sent.map(({ record }) => record)
    let failure: unknown
    const batch = toBatch(records, BROKER_TIMEOUT_MS, deps.compression)
    for (const { topic, messages } of batch.topicMessages ?? [])
      tellLeaders(messages, (partition) => {
        const { leader, heardMs } = deps.leaders.placeOf(topic, partition)
        return heardMs > lookedMs ? leader : -1
      })
    const answers = await connected.sendBatch(batch).catch((error: unknown) => {
      failure = error
      return acknowledgedOf(error)
    })
    const haveMoved = deps.leaders.heard(answers as readonly Metadata[]) // our sendMessages tells the leader too
    const missing: Pending[] = []
    for (const [i, offset] of offsetsOf(records, answers).entries()) {
      const pending = sent[i] as Pending // one a record
      if (offset === undefined) missing.push(pending)
      else acknowledge(pending, offset)
    }
    inFlight = []
    noteHeld(sent, missing)
    if (missing.length > 0) retire()
    putBack(missing)
    if (haveMoved) handOver()
    if (haveMoved || missing.length > 0) lookedMs = performance.now()
    if (missing.length > 0 && failure === undefined)
      deps.report('warn', { missing: missing.length, sent: sent.length }, 'kafka.ack_incomplete')
    if (failure !== undefined)
      deps.report('warn', { error: textOf(failure), missing: missing.length, sent: sent.length }, 'kafka.send_failed')
  }

  const linger = async (): Promise<void> => {
    const restMs = (queue[0]?.queuedMs ?? 0) + deps.lingerMs - performance.now()
    const isEnough = (): boolean => closing || gatheredBytes >= LINGER_BYTES || gatheredRecords >= expected
    if (restMs > 0 && !isEnough()) await pause(restMs, isEnough)
  }

  /** Waits so long, or until something comes and `isEnough`. */
  const pause = async (ms: number, isEnough: () => boolean = () => true): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, ms)
    wake = () => {
      if (isEnough()) resolve()
    }
    await promise
    clearTimeout(timer)
  }

  const run = async (): Promise<void> => {
    for (;;) {
      if (queue.length === 0) {
        if (closing) break
        await new Promise<void>((resolve) => {
          wake = resolve
        })
        continue
      }
      await linger()
      const untilMs =
        held.size === 0 ? 0 : queue.reduce((first, pending) => Math.min(first, heldUntilMs(pending)), Number.POSITIVE_INFINITY)
      if (untilMs > performance.now()) {
        // Also what comes meanwhile for another partition may go.
        await pause(Number.isFinite(untilMs) ? untilMs - performance.now() : 0)
        continue
      }
      try {
        await sendOne()
      } catch (error) {
        deps.report('warn', { error: textOf(error) }, 'kafka.send_failed')
        await sleep(RECONNECT_PAUSE_MS)
      }
    }
    await producer?.disconnect().catch(() => undefined)
  }
  const self: Lane = {
    push(pending) {
      queue.push(pending)
      gatheredBytes += pending.bytes
      gatheredRecords++
      expected = Math.max(expected, queue.length + inFlight.length)
      wake()
    },
    expire(nowMs) {
      const late = new Set<Place>()
      for (const { place, deadlineMs } of inFlight) if (deadlineMs <= nowMs) late.add(place)
      for (const { place, deadlineMs } of queue) if (deadlineMs <= nowMs) late.add(place)
      if (late.size === 0) return
      const isLate = (pending: Pending): boolean => Number.isFinite(pending.deadlineMs) && late.has(pending.place)
      for (const pending of inFlight) {
        if (pending.late !== undefined || !isLate(pending)) continue
        const { promise, resolve } = Promise.withResolvers<Ack | null>()
        pending.late = resolve
        pending.reject(new ProducerFault('ack_timeout', 'the broker has not acknowledged in time', promise))
      }
      const expired = queue.filter(isLate)
      if (expired.length === 0) return
      queue = queue.filter((pending) => !isLate(pending))
      for (const pending of expired) {
        deps.onSettled(pending.bytes)
        pending.reject(new ProducerFault('ack_timeout', 'the broker took no request in time'))
      }
    },
    async close() {
      closing = true
      wake()
      await running
    },
  }
  const running = run()
  return self
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
