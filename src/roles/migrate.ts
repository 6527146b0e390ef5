import { join } from 'node:path'
import { createStoreClient } from '../store/client.ts'
import { migrate as applyMigrations } from '../store/migrate.ts'
import { clickhouseSettings, type RunRole } from './context.ts'

/** `node src/main.ts migrate`: brings the tables and views of ClickHouse up to date. */
export const migrate: RunRole = async (config) => {
  const client = createStoreClient(clickhouseSettings(config))
  try {
    const applied = await applyMigrations(client, join(import.meta.dirname, '..', '..', 'deploy', 'clickhouse'), config.CLICKHOUSE_DATABASE)
    console.log(`migrate: ${applied.length === 0 ? 'nothing to do' : applied.join(', ')}`)
  } finally {
    await client.close()
  }
}
