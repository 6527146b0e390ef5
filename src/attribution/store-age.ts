import { Fault } from '../events/fault.ts'
import { type AttributionStore, STORE_TOPICS, type StoreTopic } from './store.ts'

/** How long a store may sleep: half of the time its topics keep tombstones, since the other half can pass while it catches up.
 *  `configs` are those of the compacted topics, as the broker has them. */
export function absenceMaxMs(configs: ReadonlyMap<string, Readonly<Record<string, string>>>): number {
  const kept = [...configs].map(([topic, config]) => {
    const keptMs = Number(config['delete.retention.ms'] ?? Number.NaN)
    if (!Number.isFinite(keptMs)) throw new Fault('topic_mismatch', `Topic ${topic} does not say how long it keeps tombstones.`)
    return keptMs
  })
  return Math.min(...kept) / 2
}

/** Log ends by topic and partition. */
export type LogEnds = ReadonlyMap<StoreTopic, ReadonlyMap<number, { readonly end: number }>>

/** Where the store has read further than the log goes: it has seen records that this log never had, or has no longer.
 *  `partitions` are those of which anything is stored: to ask for one opens its tables. */
export function aheadOfLog(store: Pick<AttributionStore, 'next'>, logs: LogEnds, partitions: readonly number[]): string[] {
  return STORE_TOPICS.flatMap((topic) =>
    partitions.flatMap((partition) => {
      const [next, end] = [store.next(topic, partition), logs.get(topic)?.get(partition)?.end]
      return next === undefined || end === undefined || next <= end ? [] : [`${topic}/${partition} ends at ${end}, read up to ${next}`]
    }),
  )
}
