import { setTimeout as sleep } from 'node:timers/promises'
import type { KafkaSettings } from './connect.ts'
import { createReader, type Reader, type ReaderControl } from './reader.ts'
import type { Assignment, InRecord, Report } from './record.ts'

export type TableDeps = {
  readonly client: KafkaSettings
  readonly topic: string
  /** Of this process alone, e.g. `copy.<role>-<ordinal>`: every process reads the whole topic. */
  readonly groupId: string
  readonly instanceId: string
  /** In the order of the log, per partition. `value` null is a tombstone. Whatever it throws ends the process. */
  readonly onRecord: (record: InRecord) => void
  readonly report: Report
  readonly onFatal: (error: unknown) => void
}

export type Table = {
  /** Everything that was in the topic at the start has been handed to onRecord. */
  readonly caughtUp: Promise<void>
  /** Offset up to which the partition has been applied, this one included; -1 before the first. A record written at
   *  offset `o` is applied when `appliedOffset() >= o`. */
  appliedOffset(partition?: number): number
  stop(): Promise<void>
}

const MAX_WAIT_MS = 100
/** Its group has this process alone and no offsets: a broker that does not answer is not waited for. */
const STOP_WITHIN_MS = 1_000
/** Two processes of one id take each other's membership: not faster than this. */
const REOPEN_PAUSE_MS = 1_000

/** Reads a compacted topic from its beginning and goes on following it. Never commits, so nothing is lost when its consumer is: whatever
 *  that one dies of (its membership was taken while a broker slept, say), another goes on where it stood. */
export async function readTable(deps: TableDeps): Promise<Table> {
  const { topic } = deps
  /** Next offset by partition. */
  const positions = new Map<number, number>()
  let ends: Map<number, number> | null = null
  /** `onRecord` threw. */
  let broken = false
  let stopped = false
  const caughtUp = Promise.withResolvers<void>()
  caughtUp.promise.catch(() => undefined) // whoever waits for it gets it; the others are told by onFatal

  const check = (): void => {
    if (ends === null) return
    if ([...ends].every(([partition, end]) => (positions.get(partition) ?? 0) >= end)) caughtUp.resolve()
  }
  const start = async (control: ReaderControl): Promise<void> => {
    const logs = await control.offsets(topic)
    if (logs.size === 0) return // a member that is about to go has it all; the next assignment asks again
    for (const [partition, { start: first }] of logs) if (!positions.has(partition)) positions.set(partition, first)
    ends = new Map([...logs].map(([partition, { end }]) => [partition, end]))
    check()
  }
  const apply = (records: readonly InRecord[]): void => {
    try {
      for (const record of records) deps.onRecord(record)
    } catch (error) {
      broken = true
      throw error
    }
  }

  const open = async (): Promise<Reader> => {
    const opened: Reader = await createReader({
      ...deps,
      topics: [{ name: topic, commit: false }],
      coPartitioned: false,
      maxWaitMs: MAX_WAIT_MS,
      onAssigned: (_assignment: Assignment, control) => {
        for (const [partition, next] of positions) control.seek(topic, partition, next)
        if (ends === null) start(control).catch((error: unknown) => opened.fatal(error))
      },
      onBatch: async ({ partition, records, nextOffset }) => {
        apply(records)
        positions.set(partition, nextOffset)
        check()
        return nextOffset
      },
      onFatal: (error) => {
        if (broken) {
          caughtUp.reject(error)
          deps.onFatal(error)
        } else reopen(error).catch(deps.onFatal)
      },
    })
    return opened
  }
  const tell = (error: unknown): void =>
    deps.report('error', { topic, group_id: deps.groupId, error: String(error) }, 'kafka.table_reopens')
  const reopen = async (why: unknown): Promise<void> => {
    if (stopped) return
    tell(why)
    await reader.stop()
    for (;;) {
      await sleep(REOPEN_PAUSE_MS)
      if (stopped) return
      try {
        reader = await open()
        break
      } catch (error) {
        tell(error) // and asked again
      }
    }
    if (stopped) await reader.stop()
  }
  let reader = await open()
  return {
    caughtUp: caughtUp.promise,
    appliedOffset: (partition = 0) => (positions.get(partition) ?? 0) - 1,
    stop() {
      stopped = true
      return Promise.race([reader.stop({ leave: true }), sleep(STOP_WITHIN_MS, undefined, { ref: false })])
    },
  }
}
