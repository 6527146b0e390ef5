import { randomUUID } from 'node:crypto'
import { Fault } from '../events/fault.ts'
import type { KafkaSettings } from './connect.ts'
import { createReader } from './reader.ts'
import type { Batch, Report } from './record.ts'

/** Log start and the offset to stop before, by partition of a topic. */
export type Ranges = ReadonlyMap<string, ReadonlyMap<number, { readonly start: number; readonly end: number }>>

const CHECK_MS = 1_000
/** Longer than any transaction may stay open, a broker's restart included. */
const STILL_MAX_MS = 120_000

/** Reads what is committed of some topics, each partition up to the end given, and resolves when all of it was handed over:
 *  in the order of the log per partition. Nothing is committed. Throws `position_stuck` when nothing comes any more before
 *  an end is reached. */
export async function readToEnd(deps: {
  readonly client: KafkaSettings
  readonly ranges: Ranges
  readonly onBatch: (batch: Batch) => void | Promise<void>
  readonly report: Report
}): Promise<void> {
  const { ranges } = deps
  const left = new Map<string, number>()
  /** Next offsets: what comes again after a rebalance is not handed over twice. */
  const positions = new Map<string, number>()
  for (const [topic, partitions] of ranges)
    for (const [partition, { start, end }] of partitions) if (start < end) left.set(placeOf(topic, partition), end)
  if (left.size === 0) return
  const done = Promise.withResolvers<void>()
  const name = `verify.${randomUUID()}`
  let movedAtMs = performance.now()

  const reader = await createReader({
    client: deps.client,
    groupId: name,
    instanceId: name,
    topics: [...ranges.keys()].map((topic) => ({ name: topic, commit: false })),
    coPartitioned: false,
    report: deps.report,
    onAssigned: (assignment, control) => {
      for (const [topic, partitions] of assignment) {
        for (const partition of partitions) {
          const place = placeOf(topic, partition)
          if (left.has(place)) control.seek(topic, partition, positions.get(place) ?? ranges.get(topic)?.get(partition)?.start ?? 0)
          else control.pause(topic, partition)
        }
      }
    },
    async onBatch(batch) {
      const { topic, partition, nextOffset } = batch
      const place = placeOf(topic, partition)
      const end = left.get(place)
      if (end === undefined) return null
      movedAtMs = performance.now()
      const from = positions.get(place) ?? 0
      positions.set(place, Math.max(from, nextOffset))
      await deps.onBatch({ ...batch, records: batch.records.filter(({ offset }) => offset >= from && offset < end) })
      if (nextOffset < end) return nextOffset
      left.delete(place)
      reader.control.pause(topic, partition)
      if (left.size === 0) done.resolve()
      return nextOffset
    },
    onFatal: done.reject,
  })
  const watching = setInterval(() => {
    if (performance.now() - movedAtMs < STILL_MAX_MS) return
    const places = [...left.keys()].slice(0, 5).join(', ')
    done.reject(new Fault('position_stuck', `${places} cannot be read to the end: a transaction may be open there, or its leader is away.`))
  }, CHECK_MS)
  try {
    await done.promise
  } finally {
    clearInterval(watching)
    await reader.stop({ leave: true })
  }
}

const placeOf = (topic: string, partition: number): string => `${topic}/${partition}`
