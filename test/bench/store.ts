import { backlogFor, joined, partsCpuUs, WARM_SHARE } from './backlog.ts'
import { openBurst } from './burst.ts'
import { cpuUsOf } from './cpu.ts'
import { measured, type Progress, watch } from './drain.ts'
import { percentile, type Report, rounded } from './figures.ts'
import type { Ground } from './ground.ts'
import type { Options } from './options.ts'

const ROUNDS = 20
/** What the page and data teams ask most. */
const QUERIES = {
  list: '/api/v1/postback/events?limit=50',
  list_by_status: '/api/v1/postback/events?limit=50&status=matched',
  list_by_platform: '/api/v1/postback/events?limit=50&platform=meta',
  stats: '/api/v1/postback/stats',
  stats_by_platform: '/api/v1/postback/stats?group_by=platform&bucket=hour',
} as const

/** Rows of a backlog into ClickHouse per CPU-second of the store; then the console's queries over them. */
export async function benchStore(ground: Ground, options: Options, tell: (line: string) => void): Promise<Report> {
  const count = backlogFor(options.n)
  const burst = await openBurst(ground)
  try {
    tell(`${count} clicks and postbacks, joined`)
    await joined(ground, burst, count)
    tell('the store comes')
    const store = await ground.start('store')
    const samples = await watch({
      total: count * 3, // each postback, each click, each decision
      progress: () => rowsOf(ground),
      cpuUs: () => ({ own: cpuUsOf(store.pids), ...partsCpuUs(ground, 'clickhouse') }),
    })
    const drained = measured(samples, count * 3 * WARM_SHARE)
    await store.stop()
    tell(`${Math.round(drained.perSecond)} rows/s, ${Math.round(drained.cpuUsPerUnit.own ?? 0)} us CPU each; now the queries`)
    const latencies = await ask(ground)
    return {
      figures: {
        rows_per_s: drained.perSecond,
        cpu_us_per_row: drained.cpuUsPerUnit.own ?? null,
        query_p95_ms: percentile(Object.values(latencies).flat(), 0.95),
      },
      run: {
        postbacks: count,
        rows_counted: drained.units,
        rows: (await rowsOf(ground)).units,
        clickhouse_cpu_us_per_row: rounded(drained.cpuUsPerUnit.clickhouse ?? null),
        queries: ROUNDS * Object.keys(QUERIES).length,
        query_p95_ms_by: Object.fromEntries(Object.entries(latencies).map(([name, each]) => [name, rounded(percentile(each, 0.95))])),
      },
    }
  } finally {
    await burst.close()
  }
}

/** Rows of the bench's workspace in every table of records; `done` leaves out what has no fixed number. */
async function rowsOf({ stack }: Ground): Promise<Progress & { units: number }> {
  const count = (table: string): string =>
    `(SELECT count() FROM postback.${table} WHERE workspace_id = '${stack.workspace.id}') AS ${table}`
  const query = `SELECT ${['postbacks', 'clicks', 'stages', 'deliveries', 'attempts'].map(count).join(', ')} FORMAT JSONCompactEachRow`
  const response = await fetch(stack.clickhouse_url, { method: 'POST', body: query, signal: AbortSignal.timeout(30_000) })
  const text = await response.text()
  if (!response.ok) throw new Error(text)
  const [postbacks = 0, clicks = 0, stages = 0, deliveries = 0, attempts = 0] = (JSON.parse(text) as (string | number)[]).map(Number)
  const done = postbacks + clicks + stages
  return { done, units: done + deliveries + attempts }
}

/** Milliseconds by query, one after another, over HTTP as the page asks. */
async function ask({ stack }: Ground): Promise<Record<string, number[]>> {
  const latencies: Record<string, number[]> = {}
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [name, path] of Object.entries(QUERIES)) {
      const startedMs = performance.now()
      const response = await fetch(stack.console_url + path, { headers: { authorization: `Bearer ${stack.workspace.api_key}` } })
      const text = await response.text()
      if (!response.ok) throw new Error(`${path} answered ${response.status}: ${text}`)
      if (round === 0) continue // the first of each warms up
      latencies[name] ??= []
      latencies[name].push(performance.now() - startedMs)
    }
  }
  return latencies
}
