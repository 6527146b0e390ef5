import { setTimeout as sleep } from 'node:timers/promises'
import type { Group } from './groups.ts'

/** Offsets by partition. */
export type Offsets = ReadonlyMap<number, number>
export type Positions = {
  /** Where a group stands; absent or -1: it never read the partition. */
  committed(groupId: string, topic: string): Promise<Offsets>
  /** Start and end of the log by partition. */
  log(topic: string): Promise<ReadonlyMap<number, { readonly start: number; readonly end: number }>>
}

export type Lag = { readonly group: string; readonly place: string; readonly records: number }

const POLL_MS = 250

/** Waits until each group, in the order given, has passed what stood in its topics when its turn came: then everything that
 *  follows from records which were there at the call has been written. Answers where one is still behind after `withinMs` in all. */
export async function settle(positions: Positions, groups: readonly Group[], withinMs: number): Promise<Lag[]> {
  const giveUpAt = performance.now() + withinMs
  const lags: Lag[] = []
  for (const group of groups) {
    const topics = await Promise.all(group.topics.map(async (topic) => ({ topic, log: await positions.log(topic) })))
    for (;;) {
      const behind = (await Promise.all(topics.map(({ topic, log }) => lagOf(positions, group.id, topic, log)))).flat()
      if (behind.length === 0) break
      if (performance.now() > giveUpAt) {
        lags.push(...behind)
        break
      }
      await sleep(POLL_MS)
    }
  }
  return lags
}

async function lagOf(positions: Positions, group: string, topic: string, log: Awaited<ReturnType<Positions['log']>>): Promise<Lag[]> {
  const committed = await positions.committed(group, topic)
  return [...log].flatMap(([partition, { start, end }]) => {
    const records = end - Math.max(committed.get(partition) ?? -1, start)
    return records > 0 ? [{ group, place: `${topic}/${partition}`, records }] : []
  })
}
