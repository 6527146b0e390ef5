import type { Log } from '../observe/log.ts'
import type { Metrics } from '../observe/metrics.ts'
import type { ClickHouseClient } from './client.ts'
import { type Row, type StoreTopic, TABLES, type Table, type TableRow } from './rows.ts'
import { reasonOf } from './select.ts'

/** Consecutive records of one partition, as rows. */
export type RowBatch = {
  readonly topic: StoreTopic
  readonly partition: number
  readonly firstOffset: number
  /** Offset after the last record; where to go on once this is stored. */
  readonly nextOffset: number
  readonly rows: readonly TableRow[]
}

export type Sink = {
  /** Resolves when ClickHouse has acknowledged all of it: one INSERT per table, the positions last. Repeats the same
   *  inserts until then; rejects only when `signal` is aborted. */
  write(batches: readonly RowBatch[]): Promise<void>
  /** By partition, the offset to go on from. Asks until ClickHouse answers or `signal` is aborted. */
  storedOffsets(topic: StoreTopic): Promise<Map<number, number>>
  /** Why ClickHouse refuses at the moment; null while it takes what it gets. */
  trouble(): string | null
}

const FIRST_PAUSE_MS = 100
const LONGEST_PAUSE_MS = 5_000

/** Writes rows so that each counts once. A repeated INSERT carries the same token, which ClickHouse remembers for the table
 *  and what hangs on it. After a crash the records since the stored position come again in other batches: those collapse by
 *  key in every table, and `events` is made of maxima, so it does not matter which inserts of the lost flush got through. */
export function createSink(deps: {
  readonly client: ClickHouseClient
  readonly log: Log
  readonly metrics: Metrics
  readonly signal: AbortSignal
}): Sink {
  const { client, log, metrics, signal } = deps
  const failing = new Map<string, string>()

  async function untilDone<T>(what: string, attempt: () => Promise<T>): Promise<T> {
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
      signal.throwIfAborted()
      try {
        const result = await attempt()
        failing.delete(what)
        return result
      } catch (error) {
        signal.throwIfAborted()
        const reason = reasonOf(error)
        failing.set(what, reason)
        metrics.count('store_failures', { table: what })
        log.warn({ table: what, error: reason, pause_ms: pauseMs }, 'store.clickhouse_refused')
        await pause(pauseMs, signal)
      }
    }
  }

  const insert = (table: string, values: readonly Row[], token: string): Promise<unknown> =>
    untilDone(table, () =>
      client.insert({
        table,
        values,
        format: 'JSONEachRow',
        abort_signal: signal,
        clickhouse_settings: {
          async_insert: 0,
          insert_deduplication_token: token,
          deduplicate_blocks_in_dependent_materialized_views: 1,
        },
      }),
    )

  return {
    async write(batches) {
      const ranges = batches.map(
        ({ topic, partition, firstOffset, nextOffset }) => `${topic}-${partition}-${firstOffset}-${nextOffset - 1}`,
      )
      const token = ranges.sort().join(',')
      const inserts = [...groupByTable(batches)].map(async ([table, rows]) => {
        await insert(table, rows, `${token}-${table}`)
        metrics.count('store_rows', { table }, rows.length)
      })
      await Promise.all(inserts)
      const positions = batches.map(({ topic, partition, nextOffset }) => ({ topic, partition, next_offset: nextOffset }))
      await insert('sink_offsets', positions, `${token}-sink_offsets`)
    },
    storedOffsets: (topic) =>
      untilDone('sink_offsets', async () => {
        const result = await client.query({
          query: `SELECT partition, argMax(next_offset, written_at) AS next_offset
                  FROM sink_offsets WHERE topic = {topic:String} GROUP BY partition`,
          query_params: { topic },
          format: 'JSONEachRow',
          abort_signal: signal,
        })
        const rows = await result.json<{ partition: number; next_offset: string }>()
        return new Map(rows.map(({ partition, next_offset }) => [partition, Number(next_offset)]))
      }),
    trouble: () => failing.entries().next().value?.join(': ') ?? null,
  }
}

function groupByTable(batches: readonly RowBatch[]): Map<Table, Row[]> {
  const groups = new Map<Table, Row[]>(TABLES.map((table) => [table, []]))
  for (const { rows } of batches) for (const [table, row] of rows) groups.get(table)?.push(row)
  return new Map([...groups].filter(([, rows]) => rows.length > 0))
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer)
      reject(signal.reason)
    }
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop)
      resolve()
    }, ms)
    signal.addEventListener('abort', stop, { once: true })
  })
}
