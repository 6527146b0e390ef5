import { join } from 'node:path'
import { createStoreClient } from '../store/client.ts'
import { migrate as applyMigrations } from '../store/migrate.ts'
import { clickhouseSettings, type RunRole } from './context.ts'

/** A migration may have to read all that was ever stored. */
const STATEMENT_TIMEOUT_MS = 6 * 3_600_000

/** `node src/main.ts migrate`: brings the tables and views of ClickHouse up to date. */
export const migrate: RunRole = async (config) => {
  const settings = clickhouseSettings(config)
  await using quick = createStoreClient(settings)
  await quick.command({ query: 'SELECT 1' }) // a server that answers nothing is found at once
  const client = createStoreClient(settings, STATEMENT_TIMEOUT_MS)
  try {
    const applied = await applyMigrations(client, join(import.meta.dirname, '..', '..', 'deploy', 'clickhouse'), config.CLICKHOUSE_DATABASE)
    console.log(`migrate: ${applied.length === 0 ? 'nothing to do' : applied.join(', ')}`)
  } finally {
    await client.close()
  }
}
