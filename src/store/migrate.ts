import { hash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Fault } from '../events/fault.ts'
import type { ClickHouseClient } from './client.ts'

export type Migration = { readonly name: string; readonly checksum: string; readonly statements: readonly string[] }

/** Applies the files `NNNN_name.sql` of `dir` that `database` has not had yet, in order, and returns their names. `client`
 *  has no database of its own. Statements are idempotent, so a run that was cut short is simply run again, and two at once
 *  do no harm. Throws Fault `migration_changed` before anything is applied. */
export async function migrate(client: ClickHouseClient, dir: string, database: string): Promise<string[]> {
  const run = (query: string, query_params: Record<string, unknown> = {}) =>
    client.command({
      query,
      query_params,
      http_headers: { 'X-ClickHouse-Database': database },
      clickhouse_settings: { wait_end_of_query: 1, async_insert: 0 },
    })
  await client.command({ query: `CREATE DATABASE IF NOT EXISTS ${database}` })
  await run(`CREATE TABLE IF NOT EXISTS schema_migrations (
    name String, checksum String, applied_at DateTime64(3, 'UTC') DEFAULT now64(3)
  ) ENGINE = ReplacingMergeTree(applied_at) ORDER BY name SETTINGS non_replicated_deduplication_window = 100`)

  const applied = await appliedTo(client, database)
  const migrations = readMigrations(dir)
  for (const { name, checksum } of migrations) {
    if (applied.has(name) && applied.get(name) !== checksum)
      throw new Fault(
        'migration_changed',
        `Migration ${name} is not the file that was applied to database ${database}. Put it back as it was, and say what is new in a file with the next number.`,
      )
  }
  const todo = migrations.filter(({ name }) => !applied.has(name))
  for (const { name, checksum, statements } of todo) {
    for (const statement of statements) await run(statement)
    await run('INSERT INTO schema_migrations (name, checksum) VALUES ({name:String}, {checksum:String})', { name, checksum })
  }
  return todo.map(({ name }) => name)
}

/** Files in the order of their numbers. A statement ends with a semicolon at the end of a line. */
export function readMigrations(dir: string): Migration[] {
  return readdirSync(dir)
    .filter((file) => /^\d{4}_[a-z0-9_]+\.sql$/.test(file))
    .sort()
    .map((file) => {
      const sql = readFileSync(join(dir, file), 'utf8')
      return { name: file.slice(0, -4), checksum: hash('sha256', sql, 'hex'), statements: statementsOf(sql) }
    })
}

export function statementsOf(sql: string): string[] {
  return `${sql}\n`
    .split(/;[ \t]*\n/)
    .map((part) => part.trim())
    .filter((part) => part.replace(/^--.*$/gm, '').trim() !== '')
}

async function appliedTo(client: ClickHouseClient, database: string): Promise<Map<string, string>> {
  const result = await client.query({
    query: 'SELECT name, checksum FROM schema_migrations FINAL',
    format: 'JSONEachRow',
    http_headers: { 'X-ClickHouse-Database': database },
  })
  const rows = await result.json<{ name: string; checksum: string }>()
  return new Map(rows.map(({ name, checksum }) => [name, checksum]))
}
