import type { Producer as KafkaProducer } from 'kafkajs'
import { type KafkaSettings, kafkaClient } from './connect.ts'
import { ProducerFault } from './fault.ts'
import { createLane, type Lane, type Place } from './lane.ts'
import type { Compression } from './patches/codecs.ts'
import { ONE_AT_A_TIME } from './produce.ts'
import { type OutRecord, RECORD_MAX_BYTES, type Report, recordBytes } from './record.ts'

export type { OutRecord } from './record.ts'
export type Ack = { readonly offset: number }

/** Writes outside transactions, at least once: acks=all, every answer checked for every record. */
export type Producer = {
  /** Resolves when min.insync.replicas have the record; rejects with ProducerFault when the broker did not acknowledge
   *  within `ackTimeoutMs` (Infinity: it is sent until it is). Records of one partition are written in the order of the calls. */
  send(record: OutRecord, ackTimeoutMs?: number): Promise<Ack>
  /** As `send` for each; rejects with the first fault, while the others go on. */
  sendAll(records: readonly OutRecord[]): Promise<Ack[]>
  /** Resolves when everything queued so far is acknowledged or given up. */
  flush(): Promise<void>
  close(): Promise<void>
  /** Waiting or under way. */
  readonly queuedBytes: number
}

export type ProducerDeps = {
  readonly client: KafkaSettings
  /** How long a record waits for others to share its request; 2 by default. */
  readonly lingerMs?: number
  /** Of one partition in one request; at most 900,000, since one request is one record batch and `message.max.bytes` 1 MiB. */
  readonly batchMaxBytes?: number
  readonly batchMaxRecords?: number
  /** Of record batches. None by default: it costs CPU here where the network is a loopback; `zstd` across a real one. */
  readonly compression?: Compression
  readonly queueMaxBytes?: number
  readonly ackTimeoutMs?: number
  readonly report: Report
  /** A producer of kafkajs for one lane, not connected; by default one of `client`. */
  readonly connect?: () => KafkaProducer
}

const EXPIRY_CHECK_MS = 25

/** Connects by itself, also when the broker comes later. */
export async function createProducer(deps: ProducerDeps): Promise<Producer> {
  const maxBytes = Math.min(deps.batchMaxBytes ?? RECORD_MAX_BYTES, RECORD_MAX_BYTES)
  const queueMaxBytes = deps.queueMaxBytes ?? 64_000_000
  const usualAckTimeoutMs = deps.ackTimeoutMs ?? 10_000
  let queuedBytes = 0
  let closed = false
  let flushed: (() => void)[] = []

  const onSettled = (bytes: number): void => {
    queuedBytes -= bytes
    if (queuedBytes > 0) return
    for (const done of flushed) done()
    flushed = []
  }
  let connected = 0
  const connect =
    deps.connect ??
    (() =>
      kafkaClient(deps.client, { requestTimeout: 5_000, brokers: turned(deps.client.brokers, connected++) }).producer({
        idempotent: true,
        ...ONE_AT_A_TIME,
        retry: { initialRetryTime: 50, multiplier: 2, factor: 0.2, maxRetryTime: 500, retries: 2 },
      }))
  const openLane = (): Lane =>
    createLane({
      connect,
      bounds: { maxBytes, maxRecords: deps.batchMaxRecords ?? 20_000 },
      lingerMs: deps.lingerMs ?? 2,
      compression: deps.compression ?? 'none',
      report: deps.report,
      onSettled,
      leaders: {
        heard(answers) {
          const nowMs = performance.now()
          let haveMoved = false
          for (const { topicName, partition, leader } of answers) {
            const place = placeOf(topicName, partition)
            place.heardMs = nowMs
            if (place.leader === leader) continue
            place.leader = leader
            laneTo(leader) // opened before anything is asked to move there
            haveMoved = true
          }
          return haveMoved
        },
        placeOf,
        laneOf: ({ leader }) => laneTo(leader),
      },
    })
  /** A lane has one request under way, to all brokers that lead something of it, and waits for the slowest: so each broker has a lane of
   *  its own, and one that is gone or silent holds up nobody else's. The first lane is for what nobody has said the leader of, and for
   *  the leader of the rest while there is only one. */
  const lanes = [openLane()] as [Lane, ...Lane[]]
  const byLeader = new Map<number, Lane>()
  function laneTo(leader: number): Lane {
    if (leader < 0) return lanes[0]
    if (byLeader.size === 0) byLeader.set(leader, lanes[0])
    const known = byLeader.get(leader)
    if (known !== undefined) return known
    const opened = (): Lane => lanes[lanes.push(openLane()) - 1] as Lane // the last
    for (const [other, lane] of byLeader) if (lane === lanes[0]) byLeader.set(other, opened())
    const lane = opened()
    byLeader.set(leader, lane)
    return lane
  }
  const topics = new Map<string, Place[]>()
  function placeOf(topic: string, partition: number): Place {
    const places = topics.getOrInsertComputed(topic, () => [])
    places[partition] ??= { leader: -1, heardMs: -1 }
    return places[partition]
  }
  const expiry = setInterval(() => {
    if (queuedBytes === 0) return
    const nowMs = performance.now()
    for (const lane of lanes) lane.expire(nowMs)
  }, EXPIRY_CHECK_MS)

  const send = (record: OutRecord, ackTimeoutMs = usualAckTimeoutMs): Promise<Ack> => {
    const bytes = recordBytes(record)
    if (closed) return Promise.reject(new ProducerFault('closed', 'the producer is closed'))
    if (bytes > maxBytes) return Promise.reject(new ProducerFault('record_too_large', `a record takes at most ${maxBytes} bytes`))
    if (queuedBytes + bytes > queueMaxBytes) return Promise.reject(new ProducerFault('queue_full', 'too much waits for the broker'))
    queuedBytes += bytes
    const place = placeOf(record.topic, record.partition)
    const { promise, resolve, reject } = Promise.withResolvers<Ack>()
    const queuedMs = performance.now()
    laneTo(place.leader).push({ record, place, bytes, queuedMs, deadlineMs: queuedMs + ackTimeoutMs, resolve, reject })
    return promise
  }
  const flush = (): Promise<void> =>
    new Promise((resolve) => {
      if (queuedBytes === 0) resolve()
      else flushed.push(resolve)
    })

  return {
    send,
    sendAll: (records) => Promise.all(records.map((record) => send(record))),
    flush,
    async close() {
      closed = true
      await flush()
      clearInterval(expiry)
      await Promise.all(lanes.map((lane) => lane.close()))
    },
    get queuedBytes() {
      return queuedBytes
    },
  }
}

/** Another one first each time: one that is there and silent must not be all that a lane ever asks. */
const turned = (brokers: readonly string[], by: number): string[] => brokers.map((_, at) => brokers[(at + by) % brokers.length] ?? '')
