import type { Consumer } from 'kafkajs'
import { Fault } from '../events/fault.ts'
import type { LiveGroup } from './patches/groups.ts'
import type { Assignment } from './record.ts'

const TICK_MS = 10_000
const STUCK_TICKS = 6

/** Fatal when a position stands still for a minute while there is more to read: kafkajs knows several ways
 *  to get there, and one that is found alive is better than one that is silent. Partitions that are paused or
 *  whose batch is under way, and times in which nothing is fetched, do not count. */
export function createWatchdog(deps: {
  readonly group: () => LiveGroup
  readonly consumer: Consumer
  readonly assignment: () => Assignment
  readonly offsets: (topic: string) => Promise<Map<number, { end: number }>>
  /** A batch of it is under way: with several brokers the others are fetched meanwhile. */
  readonly isBusy: (topic: string, partition: number) => boolean
  readonly fatal: (error: unknown) => void
  readonly tickMs?: number | undefined
}): { stop(): void } {
  const last = new Map<string, { position: number; ticks: number }>()
  let fetches = 0
  deps.consumer.on(deps.consumer.events.FETCH, () => {
    fetches++
  })

  const check = async (): Promise<void> => {
    const fetched = fetches
    fetches = 0
    if (fetched < 2) return
    const paused = new Set(deps.consumer.paused().flatMap(({ topic, partitions }) => partitions.map((p) => `${topic}/${p}`)))
    for (const [topic, partitions] of deps.assignment()) {
      const still = partitions.filter((partition) => {
        const place = `${topic}/${partition}`
        const position = Number(deps.group().offsetManager.nextOffset(topic, partition))
        const before = last.get(place)
        if (deps.isBusy(topic, partition)) return false // neither stuck nor moving: the count stays
        const same = !paused.has(place) && before?.position === position
        last.set(place, { position, ticks: same ? before.ticks : 0 })
        return same
      })
      const ends = still.length === 0 ? new Map<number, { end: number }>() : await deps.offsets(topic)
      for (const partition of still) {
        const entry = last.get(`${topic}/${partition}`)
        if (entry === undefined) continue
        entry.ticks = (ends.get(partition)?.end ?? 0) > entry.position ? entry.ticks + 1 : 0
        if (entry.ticks < STUCK_TICKS) continue
        throw new Fault('position_stuck', `${topic}/${partition} stands at ${entry.position} though there is more to read.`)
      }
    }
  }

  const timer = setInterval(() => {
    // A broker that cannot be asked now is asked again at the next tick.
    check().catch((error: unknown) => {
      if (error instanceof Fault) deps.fatal(error)
    })
  }, deps.tickMs ?? TICK_MS)
  return { stop: () => clearInterval(timer) }
}
