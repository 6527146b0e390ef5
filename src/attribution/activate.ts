import { GenerationChanged } from '../kafka/fault.ts'
import type { Outbox, StreamControl } from '../kafka/stream.ts'
import type { Log } from '../observe/log.ts'
import type { OwedClicks } from './owed-clicks.ts'
import type { AttributionStore, StoreTopic } from './store.ts'
import { AT_ONCE_MAX, type Worker, type Write } from './worker.ts'

/** What this process has of its partitions in this generation. */
export type Partitions = {
  /** Partitions whose state is complete: only there do clicks wake and deadlines strike. */
  readonly active: Set<number>
  /** Where postbacks are decided from; below it they were decided before and are only looked at again. */
  readonly decideFrom: Map<number, number>
  /** What the group has committed: a look back does not move it. */
  readonly committedTo: Map<number, number>
  /** The offset to read next, by `placeOf`. */
  readonly positions: Map<string, number>
}
export const placeOf = (topic: string, partition: number): string => `${topic}/${partition}`

/** Brings partitions to where postbacks are decided in them: their tables are read to their ends, what became ready meanwhile is
 *  settled, then the postbacks go on. Rejects with GenerationChanged once they are no longer `ours`. */
export function createActivation(deps: {
  readonly store: AttributionStore
  readonly worker: Worker
  readonly owed: OwedClicks
  readonly partitions: Partitions
  readonly write: (outbox: Outbox) => Write
  readonly nowMs: () => number
  readonly log: Log
}): { activate(partitions: readonly number[], control: StreamControl, ours: () => boolean): Promise<void> } {
  const { store, worker, owed, nowMs, log } = deps
  const { active, decideFrom, committedTo, positions } = deps.partitions

  async function activate(partitions: readonly number[], control: StreamControl, ours: () => boolean): Promise<void> {
    // First: once they are stable nothing of a former owner comes after the ends that are asked for then.
    const committed = await control.committed('postbacks')
    const [postbackLogs, clickLogs, pendingLogs] = await Promise.all([
      control.offsets('postbacks'),
      control.ends('clicks'),
      control.ends('pending'),
    ])
    const startedMs = nowMs()
    await Promise.all(
      partitions.map(async (partition) => {
        for (const [topic, logs] of [
          ['clicks', clickLogs],
          ['pending', pendingLogs],
        ] as const) {
          const log = logs.get(partition)
          if (log === undefined) continue
          if ((store.next(topic, partition) ?? 0) > log.end) forget(topic, partition, log.start, control)
          await reach(topic, partition, log, ours)
        }
        if (!ours()) throw new GenerationChanged()
        active.add(partition)
        await owed.pay(partition, control, ours)
        await settleAll(partition, control, ours)
        const log = postbackLogs.get(partition)
        const start = log?.start ?? 0
        // Offsets that an operator set back, or the broker forgot, lead over what was decided: it is looked at and not decided again.
        const stable = Math.max(committed.get(partition) ?? -1, start)
        const from = Math.max(stable, store.decidedTo(partition))
        committedTo.set(partition, stable)
        decideFrom.set(partition, from)
        // What this store has not seen of the past is looked at again, for the first sights that dedupe rests on.
        control.seek('postbacks', partition, Math.max(start, Math.min(stable, store.next('postbacks', partition) ?? start)))
        control.resume('postbacks', partition)
      }),
    )
    log.info({ partitions: partitions.length, took_ms: nowMs() - startedMs }, 'attribution.restored')
  }

  /** Everything held is decided again, in parts that fit a transaction. */
  async function settleAll(partition: number, control: StreamControl, ours: () => boolean): Promise<void> {
    for (let after = ''; ; ) {
      const held = store.heldAfter(partition, after, AT_ONCE_MAX)
      const last = held.at(-1)
      if (last === undefined) return
      await control.transact((outbox) => worker.settle(partition, held, nowMs(), deps.write(outbox)), partition)
      if (!ours()) throw new GenerationChanged()
      after = last.key
    }
  }

  /** A store that is ahead of its topic belongs to another log: it is read anew. */
  function forget(topic: StoreTopic, partition: number, start: number, control: StreamControl): void {
    log.warn({ topic, partition }, 'attribution.store_ahead_of_log')
    store.clear(partition)
    for (const name of ['clicks', 'pending'] as const) {
      positions.delete(placeOf(name, partition))
      control.seek(name, partition, name === topic ? start : 0)
    }
  }

  /** Waits until a table has been read up to what its topic held at the start. */
  async function reach(topic: StoreTopic, partition: number, log: { start: number; end: number }, ours: () => boolean): Promise<void> {
    // A log that was emptied begins at its end, past where the store stood.
    while (Math.max(positions.get(placeOf(topic, partition)) ?? 0, log.start) < log.end) {
      if (!ours()) throw new GenerationChanged()
      await new Promise((done) => setTimeout(done, 20))
    }
  }

  return { activate }
}
