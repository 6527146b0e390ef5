import type { Codec } from '../kafka/codec.ts'
import { PoisonRecord } from '../kafka/codec.ts'
import type { KafkaSettings } from '../kafka/connect.ts'
import { type Assignment, type Commit, type ConsumeControl, type InRecord, type RunningConsumer, runConsumer } from '../kafka/consume.ts'
import type { DeadRatio } from '../kafka/dead-ratio.ts'
import { unlessChanged } from '../kafka/fault.ts'
import type { Report } from '../kafka/record.ts'
import type { Metrics } from '../observe/metrics.ts'
import { createCollector } from './collect.ts'
import { startOf } from './position.ts'
import { rowsOf, STORE_TOPICS, type StoreTopic, type TableRow, UnfitRecord } from './rows.ts'
import type { Sink } from './sink.ts'

export type StoreDeps = {
  readonly client: KafkaSettings
  readonly groupId: string
  readonly instanceId: string
  readonly codec: Pick<Codec, 'decode' | 'decodeAsync'>
  readonly sink: Sink
  /** Writes what no table can hold to topic `dead`; resolves when it is there. */
  readonly dead: (record: InRecord, error: Error) => Promise<void>
  readonly ratio?: DeadRatio
  readonly metrics: Metrics
  readonly report: Report
  readonly onFatal: (error: unknown) => void
  readonly lingerMs?: number
  readonly maxRows?: number
}

const LINGER_MS = 300
const MAX_ROWS = 10_000

/** Reads the topics of the store into ClickHouse, from the positions that ClickHouse holds. */
export async function runStore(deps: StoreDeps): Promise<RunningConsumer> {
  const { codec, sink, metrics, report } = deps
  const collector = createCollector({
    maxRows: deps.maxRows ?? MAX_ROWS,
    lingerMs: deps.lingerMs ?? LINGER_MS,
    async flush(batches) {
      const startedMs = performance.now()
      await sink.write(batches)
      metrics.seconds('store_flush_seconds', (performance.now() - startedMs) / 1_000)
    },
  })

  async function rowsOfRecord(record: InRecord): Promise<readonly TableRow[]> {
    const { topic, partition, offset, value } = record
    if (value === null) return [] // a tombstone of compaction: what is stored has its own retention
    try {
      const rows = rowsOf(topic as StoreTopic, await decoded(value), { partition, offset }) // of the topics we asked for
      deps.ratio?.good(record)
      return rows
    } catch (error) {
      if (!(error instanceof PoisonRecord || error instanceof UnfitRecord)) throw error
      deps.ratio?.dead(record, error.message)
      metrics.count('store_dead', { topic })
      report('error', { topic, partition, offset, error: error.message }, 'store.record_unreadable')
      await deps.dead(record, error)
      return []
    }
  }

  function decoded(value: Buffer): unknown {
    try {
      return codec.decode(value)
    } catch (error) {
      if (error instanceof PoisonRecord) throw error
      return codec.decodeAsync(value)
    }
  }

  async function position(assignment: Assignment, control: ConsumeControl, commit: Commit): Promise<void> {
    const { generation } = control
    for (const topic of STORE_TOPICS) {
      const partitions = assignment.get(topic) ?? []
      if (partitions.length === 0) continue
      const [committed, stored] = await Promise.all([control.committed(topic), sink.storedOffsets(topic)])
      const ranges = await control.offsets(topic)
      if (control.generation !== generation) return
      for (const partition of partitions) {
        const { start, end } = ranges.get(partition) ?? { start: 0, end: 0 }
        const { offset, why } = startOf({ stored: stored.get(partition), committed: committed.get(partition), start, end })
        if (why !== 'stored') report('info', { topic, partition, offset, why }, 'store.reads_from_start')
        control.seek(topic, partition, offset)
        control.resume(topic, partition)
        // Whoever was killed between the two: a partition that stays quiet would look as if it had not been read for ever. Only
        // what is stored counts: an offset committed at the start of another log would make a position of the old one valid.
        if (why === 'stored' && offset !== committed.get(partition)) void commit(topic, partition, offset)
      }
    }
  }

  return runConsumer({
    client: deps.client,
    groupId: deps.groupId,
    instanceId: deps.instanceId,
    topics: STORE_TOPICS,
    ...(deps.ratio === undefined ? {} : { notes: deps.ratio.notes }),
    report,
    onFatal: deps.onFatal,
    onAssigned(assignment, control, commit) {
      for (const [topic, partitions] of assignment) for (const partition of partitions) control.pause(topic, partition)
      position(assignment, control, commit).catch(unlessChanged(deps.onFatal))
    },
    async onBatch({ topic, partition, records, nextOffset }) {
      const [first] = records
      if (first === undefined) return
      const rows: TableRow[] = []
      for (const record of records) rows.push(...(await rowsOfRecord(record)))
      await collector.add({ topic: topic as StoreTopic, partition, firstOffset: first.offset, nextOffset, rows })
    },
  })
}
