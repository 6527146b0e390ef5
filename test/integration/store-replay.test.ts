import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { sampleClick } from '../../src/events/samples.ts'
import { startClickhouse } from '../../src/local/clickhouse.ts'
import type { ClickHouseClient } from '../../src/store/client.ts'
import { TABLES } from '../../src/store/rows.ts'
import { select } from '../../src/store/select.ts'
import { freeBlock } from '../stack.ts'
import { batchOf, type LogRecord, logOf, openDatabase, PATHS, recordsOf, writeAll } from './store-samples.ts'

const received_at = Date.now() - 60_000
function makeLog(copies: number): LogRecord[] {
  const lives = Array.from({ length: copies }, () =>
    Object.values(PATHS).map((path) => recordsOf(path, { workspace_id: 'w1', received_at })),
  )
  const clicks = Array.from({ length: copies }, (_, offset) => ({
    topic: 'clicks' as const,
    partition: 0,
    offset,
    value: sampleClick({ workspace_id: 'w1', click_id: `c${offset}`, ids: [`c${offset}`], received_at }),
  }))
  return [...logOf(lives.flat()), ...clicks]
}

/** All that readers can see, as one hash, and the row counts of each table. */
async function visible(client: ClickHouseClient): Promise<Record<string, string>> {
  const seen: Record<string, string> = {}
  const views = ['v_events', 'v_deliveries', 'v_attempts', 'v_clicks', 'v_success_rate_hourly']
  for (const from of [...views, ...TABLES.map((table) => `${table} FINAL`)]) {
    const columns = from.endsWith('FINAL') ? '* EXCEPT inserted_at' : '*'
    const query = `SELECT count() AS n, toString(sum(cityHash64(toString(tuple(${columns}))))) AS hash FROM (SELECT ${columns} FROM ${from})`
    const [row] = await select<{ n: number; hash: string }>(client, query, {})
    seen[from] = `${row?.n} ${row?.hash}`
  }
  return seen
}

test('a topic that is read again in other batches, in part or whole, changes nothing that readers see', async () => {
  const db = await openDatabase()
  onTestFinished(() => db.close())
  const log = makeLog(20)
  await writeAll(db.sink, log, 40)
  const once = await visible(db.client)
  expect(once.v_events).toMatch(new RegExp(`^${20 * Object.keys(PATHS).length} `))
  expect(await db.sink.storedOffsets('clicks')).toEqual(new Map([[0, 20]]))

  await writeAll(db.sink, log, 40) // the very same inserts
  await writeAll(db.sink, log, 17) // other boundaries
  await writeAll(db.sink, log.slice(log.length / 2), 1_000) // from the middle
  expect(await visible(db.client)).toEqual(once)
  for (const table of [...TABLES, 'events']) await db.client.command({ query: `OPTIMIZE TABLE ${table} FINAL` })
  expect(await visible(db.client)).toEqual(once)
})

test('the same insert again, after an answer that was lost, adds no row even before a merge', async () => {
  const db = await openDatabase()
  onTestFinished(() => db.close())
  const batch = batchOf(makeLog(1).filter(({ topic, partition }) => topic === 'outcomes' && partition === 0))
  await db.sink.write([batch])
  const parts = () =>
    select(
      db.client,
      'SELECT table, sum(rows) AS n FROM system.parts WHERE active AND database = currentDatabase() GROUP BY table ORDER BY table',
      {},
    )
  const once = await parts()
  await db.sink.write([batch])
  expect(await parts()).toEqual(once)
})

test('ClickHouse killed in the middle of inserts, again and again: every record is there once', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'store-kill-'))
  const port = await freeBlock(2)
  const start = () => startClickhouse({ dataDir, port, tcpPort: port + 1 })
  let server = await start()
  onTestFinished(async () => {
    await server.stop()
    rmSync(dataDir, { recursive: true, force: true })
  })
  const db = await openDatabase(server.address)
  const log = makeLog(60)
  let running = true
  const writing = writeAll(db.sink, log, 60).finally(() => {
    running = false
  })
  let kills = 0
  while (running && kills < 4) {
    await until(async () => !running || (await progress(db.client)) > (kills + 0.5) * 0.15 * log.length)
    process.kill(server.pid, 'SIGKILL')
    kills++
    await new Promise((resolve) => setTimeout(resolve, 300))
    await server.stop()
    server = await start()
  }
  await writing
  expect(kills).toBe(4)

  const calm = await openDatabase(server.address)
  await writeAll(calm.sink, log, 1_000)
  expect(await visible(db.client)).toEqual(await visible(calm.client))
  expect(await db.sink.storedOffsets('outcomes')).toEqual(await calm.sink.storedOffsets('outcomes'))
  await Promise.all([db.close(), calm.close()])
})

/** Rows inserted so far; 0 while the server is away. */
async function progress(client: ClickHouseClient): Promise<number> {
  const [row] = await select<{ n: number }>(client, 'SELECT sum(next_offset) AS n FROM sink_offsets FINAL', {}).catch(() => [])
  return row?.n ?? 0
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 5))
}
