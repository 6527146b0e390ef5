import type { ClickHouseClient } from './client.ts'
import { instant } from './select.ts'

/** Which rows an audit asks for: received in a span, both ends included; null: of every workspace. */
export type AuditSpan = { readonly sinceMs: number; readonly untilMs: number; readonly workspaces: readonly string[] | null }

/** Longer than any page may ask: an audit of millions reads them all. */
const MAX_SECONDS = 300

export type AuditedEvent = {
  readonly postbackId: string
  readonly workspaceId: string
  readonly receivedAtMs: number
  readonly status: string
}
export type AuditedDelivery = Omit<AuditedEvent, 'receivedAtMs'> & { readonly destinationId: string }

/** Every row of `v_events` in the span, as it comes. */
export const auditEvents = (client: ClickHouseClient, span: AuditSpan, onRow: (row: AuditedEvent) => void): Promise<void> =>
  stream(
    client,
    `SELECT toString(postback_id), workspace_id, toString(toUnixTimestamp64Milli(received_at)), status FROM v_events WHERE ${WITHIN}`,
    span,
    ([postbackId = '', workspaceId = '', receivedAt, status = '']) =>
      onRow({ postbackId, workspaceId, receivedAtMs: Number(receivedAt), status }),
  )

/** Every row of `v_deliveries` in the span, as it comes. */
export const auditDeliveries = (client: ClickHouseClient, span: AuditSpan, onRow: (row: AuditedDelivery) => void): Promise<void> =>
  stream(
    client,
    `SELECT toString(postback_id), workspace_id, destination_id, status FROM v_deliveries WHERE ${WITHIN}`,
    span,
    ([postbackId = '', workspaceId = '', destinationId = '', status = '']) => onRow({ postbackId, workspaceId, destinationId, status }),
  )

/** Postbacks in the span of which a row came in after a moment: what the views show of them may be newer than it. */
export const auditChanged = (
  client: ClickHouseClient,
  span: AuditSpan,
  afterMs: number,
  onId: (postbackId: string) => void,
): Promise<void> =>
  stream(
    client,
    `SELECT DISTINCT toString(postback_id) FROM events WHERE ${WITHIN} AND changed_at >= ${instant('after')}`,
    { ...span, afterMs },
    ([postbackId = '']) => onId(postbackId),
  )

const WITHIN = `received_at BETWEEN ${instant('since')} AND ${instant('until')} AND ({everywhere:Bool} OR workspace_id IN {workspaces:Array(String)})`

async function stream(
  client: ClickHouseClient,
  query: string,
  { sinceMs, untilMs, workspaces, afterMs = 0 }: AuditSpan & { readonly afterMs?: number },
  onRow: (row: string[]) => void,
): Promise<void> {
  const result = await client.query({
    query,
    format: 'JSONCompactEachRow',
    query_params: { since: sinceMs, until: untilMs, after: afterMs, everywhere: workspaces === null, workspaces: workspaces ?? [] },
    clickhouse_settings: { max_execution_time: MAX_SECONDS },
  })
  for await (const rows of result.stream<string[]>()) for (const row of rows) onRow(row.json())
}
