import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client'

export type { ClickHouseClient } from '@clickhouse/client'

export type ClickHouseSettings = {
  readonly url: string
  readonly username: string
  readonly password: string
  /** Absent: the server's default database, as `migrate` needs it, since ours may not exist yet. */
  readonly database?: string
}

const REQUEST_TIMEOUT_MS = 30_000

/** One HTTP client of ClickHouse; `close()` ends it. Failures come as rejections, so the library's own log stays silent. `timeoutMs`: how
 *  long a statement may go without an answer. */
export function createStoreClient(settings: ClickHouseSettings, timeoutMs = REQUEST_TIMEOUT_MS): ClickHouseClient {
  const { url, username, password, database } = settings
  return createClient({
    url,
    username,
    password,
    ...(database === undefined ? {} : { database }),
    application: 'postback',
    request_timeout: timeoutMs,
    compression: { request: false, response: false },
    log: { level: ClickHouseLogLevel.OFF },
  })
}
