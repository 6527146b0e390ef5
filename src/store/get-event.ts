import type { Click } from '../events/click.ts'
import type { Reading } from '../events/postback.ts'
import type { Problem } from '../events/shapes.ts'
import type { ClickHouseClient } from './client.ts'
import { LISTED_COLUMNS, type ListedEvent, type ListedRow, orNull, toListed, whyOf } from './listed-event.ts'
import { instant, select } from './select.ts'

export type TimelineEntry = {
  readonly at: string
  readonly stage: string
  readonly why?: string
  /** Of an entry about one destination. */
  readonly platform?: string
  readonly destination_id?: string
}

export type ListedAttempt = {
  readonly platform: string
  readonly destination_id: string
  readonly n: number
  readonly at: string
  readonly latency_ms: number
  /** null: no answer came. */
  readonly http_status: number | null
  readonly trace_id: string | null
  readonly request: string
  readonly response: string
  readonly verdict: string
}

export type EventDetail = ListedEvent & {
  readonly matched_by: string | null
  readonly nearest_click_id: string | null
  /** null until the postback itself has been stored; its outcomes may come before it. */
  readonly reading: Reading | null
  readonly unread: Readonly<Record<string, string>>
  readonly problems: readonly Problem[]
  /** Parameters as they came; empty after 90 days. */
  readonly raw: Readonly<Record<string, string>>
  /** null: none was met, or more than 90 days ago. */
  readonly click: Click | null
  readonly timeline: readonly TimelineEntry[]
  readonly attempts: readonly ListedAttempt[]
}

type PostbackRow = { reading: string; unread: string; problems: string; raw: string; lane: string; read_again_at: string | null }
type StageRow = { at: string; stage: string; why: string; click: string }
type DeliveryRow = { at: string; stage: string; why: string; platform: string; destination_id: string }
type AttemptRow = Omit<ListedAttempt, 'trace_id'> & { trace_id: string }

/** One event with all that is known about it; null when the workspace has none of this id. */
export async function getEvent(client: ClickHouseClient, workspaceId: string, postbackId: string): Promise<EventDetail | null> {
  const [found] = await select<{ at: number }>(
    client,
    `SELECT toUnixTimestamp64Milli(received_at) AS at FROM events
     WHERE workspace_id = {workspace:String} AND postback_id = {postback:UUID} LIMIT 1`,
    { workspace: workspaceId, postback: postbackId },
  )
  if (found === undefined) return null
  const read = <T>(columns: string, from: string, order = ''): Promise<T[]> =>
    select<T>(
      client,
      `SELECT ${columns} FROM ${from}
       WHERE workspace_id = {workspace:String} AND received_at = ${instant('at')} AND postback_id = {postback:UUID} ${order}`,
      { workspace: workspaceId, postback: postbackId, at: found.at },
    )
  const [[event], [postback], stages, deliveries, attempts] = await Promise.all([
    read<ListedRow & { matched_by: string; nearest_click_id: string }>(`${LISTED_COLUMNS}, matched_by, nearest_click_id`, 'events_now'),
    read<PostbackRow>('reading, unread, problems, raw, lane, read_again_at', 'postbacks FINAL'),
    read<StageRow>('at, stage, why, click', 'stages FINAL', 'ORDER BY at, stage'),
    read<DeliveryRow>('at, stage, why, platform, destination_id', 'deliveries FINAL', 'ORDER BY at, stage'),
    read<AttemptRow>(
      'platform, destination_id, n, at, latency_ms, nullIf(http_status, 0) AS http_status, trace_id, request, response, verdict',
      'attempts FINAL',
      'ORDER BY attempts.at, n',
    ),
  ])
  if (event === undefined) return null
  const click = stages.findLast((row) => row.click !== '')?.click
  return {
    ...toListed(event),
    matched_by: orNull(event.matched_by),
    nearest_click_id: orNull(event.nearest_click_id),
    reading: jsonOr<Reading | null>(postback?.reading, null),
    unread: jsonOr(postback?.unread, {}),
    problems: jsonOr(postback?.problems, []),
    raw: jsonOr(postback?.raw, {}),
    click: jsonOr<Click | null>(click, null),
    timeline: timeline(event.received_at, postback, stages, deliveries),
    attempts: attempts.map((row) => ({ ...row, trace_id: orNull(row.trace_id) })),
  }
}

/** In the order of time; at one instant the postback's own stages come first. */
function timeline(receivedAt: string, postback: PostbackRow | undefined, stages: StageRow[], deliveries: DeliveryRow[]): TimelineEntry[] {
  const entries: TimelineEntry[] = [{ at: receivedAt, stage: 'received' }]
  const lane = postback?.lane
  if (postback?.read_again_at != null) entries.push({ at: postback.read_again_at, stage: 'read_again' })
  if (lane === 'deferred') entries.push({ at: receivedAt, stage: 'deferred' })
  for (const { at, stage, why } of stages) if (stage !== 'deferred' || lane !== 'deferred') entries.push({ at, stage, ...whyOf(why) })
  for (const { at, stage, why, platform, destination_id } of deliveries)
    entries.push({ at, stage, ...whyOf(why), platform, destination_id })
  return entries.sort((a, b) => Date.parse(a.at) - Date.parse(b.at))
}

/** Our own JSON, written by `rowsOf`; '' where its retention has ended. */
function jsonOr<T>(text: string | undefined, otherwise: T): T {
  return text === undefined || text === '' ? otherwise : (JSON.parse(text) as T)
}
