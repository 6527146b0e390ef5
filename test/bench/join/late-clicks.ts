import type { LateClick } from '../burst.ts'

/** Clicks that come once the group has committed their postback, which is held by then. `bases`: where the postbacks of this
 *  load begin in each partition. */
export function createLateClicks(
  late: readonly LateClick[],
  bases: ReadonlyMap<number, number>,
): { due(committed: ReadonlyMap<number, number>): LateClick[] } {
  const waiting = Map.groupBy(late, ({ partition }) => partition)
  return {
    due(committed) {
      const found: LateClick[] = []
      for (const [partition, clicks] of waiting) {
        const done = (committed.get(partition) ?? -1) - (bases.get(partition) ?? 0)
        const still = clicks.findIndex(({ after }) => after >= done)
        found.push(...clicks.splice(0, still < 0 ? clicks.length : still))
      }
      return found
    },
  }
}
