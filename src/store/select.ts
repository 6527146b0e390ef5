import type { ClickHouseClient } from './client.ts'

const MAX_SECONDS = 10

/** Rows of a read. Values go in as `{name:Type}` parameters, identifiers come from closed maps of ours. Times come out as
 *  ISO 8601 in UTC, decimals as text, 64-bit counts as numbers. Fails after `maxSeconds` on the server. */
export async function select<T>(
  client: ClickHouseClient,
  query: string,
  query_params: Readonly<Record<string, unknown>>,
  maxSeconds = MAX_SECONDS,
): Promise<T[]> {
  const result = await client.query({
    query,
    query_params: { ...query_params },
    format: 'JSONEachRow',
    clickhouse_settings: {
      max_execution_time: maxSeconds,
      date_time_output_format: 'iso',
      output_format_json_quote_decimals: 1,
      output_format_json_quote_64bit_integers: 0,
      output_format_json_named_tuples_as_objects: 1,
    },
  })
  return result.json<T>()
}

/** A bound on `received_at`: epoch milliseconds as a parameter. */
export const instant = (name: string): string => `fromUnixTimestamp64Milli({${name}:Int64}, 'UTC')`

/** The name of a failure without its text: the text of a ClickHouse error may quote the row. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  const { code, type } = error as { code?: unknown; type?: unknown }
  if (typeof type === 'string') return `${type} (${String(code)})`
  return typeof code === 'string' ? code : error.name === 'Error' ? error.message.slice(0, 100) : error.name
}
