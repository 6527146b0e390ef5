import { z } from 'zod'
import type { ClickHouseClient } from './client.ts'
import { LISTED_COLUMNS, type ListedEvent, type ListedRow, toListed } from './listed-event.ts'
import { instant, select } from './select.ts'

export type EventFilters = {
  readonly status?: string
  readonly event?: string
  readonly source_id?: string
  readonly platform?: string
  readonly campaign_id?: string
  /** `sub1` to `sub20`: the whole value, byte for byte. */
  readonly subs?: Readonly<Record<string, string>>
  /** Of the event or of one of its deliveries. */
  readonly why?: string
  /** Bounds on received_at, epoch ms: from inclusive, to exclusive. */
  readonly from?: number
  readonly to?: number
  /** Part of a click, transaction, event or postback id, case-blind. */
  readonly q?: string
  readonly limit?: number
  /** `next_cursor` of the page before; check it with `isCursor`. */
  readonly cursor?: string
}

export type EventPage = { readonly items: readonly ListedEvent[]; readonly next_cursor: string | null }

const DEFAULT_LIMIT = 50
export const MAX_LIMIT = 200

const CONDITIONS = {
  status: 'status = {status:String}',
  event: 'event = {event:String}',
  source_id: 'source_id = {source_id:String}',
  platform: 'platform = {platform:String}',
  campaign_id: 'campaign_id = {campaign_id:String}',
  why: '(why = {why:String} OR arrayExists(d -> d.why = {why:String}, destinations))',
  q: `arrayExists(id -> positionCaseInsensitiveUTF8(id, {q:String}) > 0, [click_id, transaction_id, event_id, toString(postback_id)])`,
  from: `received_at >= ${instant('from')}`,
  to: `received_at < ${instant('to')}`,
} as const

/** Looked through one after the other, newest first: most pages are full after the first. Seconds; null: everything. */
const WINDOWS = [3_600, 86_400, 31 * 86_400, null] as const

/** Newest first, by (received_at, postback_id). Throws RangeError on a cursor that is none of ours. */
export async function listEvents(client: ClickHouseClient, workspaceId: string, filters: EventFilters): Promise<EventPage> {
  const { limit: asked = DEFAULT_LIMIT, cursor, subs = {}, ...values } = filters
  const limit = Math.min(Math.max(asked, 1), MAX_LIMIT)
  const conditions = ['workspace_id = {workspace:String}']
  for (const [name, value] of Object.entries(values)) if (value !== undefined) conditions.push(CONDITIONS[name as keyof typeof CONDITIONS]) // the type's own names
  const params: Record<string, unknown> = { ...values, workspace: workspaceId, limit: limit + 1 }
  const pairs = Object.entries(subs).map(([name, value]) => `${name}\t${value}`) // as `events` has them
  if (pairs.length > 0) {
    conditions.push('hasAll(subs, {subs:Array(String)})')
    params.subs = pairs
  }
  let newest = filters.to === undefined ? 'now64(3)' : instant('to')
  if (cursor !== undefined) {
    const [ms, id] = readCursor(cursor)
    Object.assign(params, { cursor_at: ms, cursor_id: id })
    newest = instant('cursor_at')
    conditions.push(`received_at <= ${newest}`, `(received_at, postback_id) < (${newest}, {cursor_id:UUID})`)
  }

  let rows: ListedRow[] = []
  for (const seconds of WINDOWS) {
    const within = seconds === null ? [] : [`received_at >= ${newest} - toIntervalSecond(${seconds})`]
    rows = await select<ListedRow>(
      client,
      `SELECT ${LISTED_COLUMNS} FROM events_now WHERE ${[...conditions, ...within].join(' AND ')}
       ORDER BY received_at DESC, postback_id DESC LIMIT {limit:UInt32}`,
      params,
    )
    if (rows.length > limit) break
  }
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  return { items: page.map(toListed), next_cursor: rows.length > limit && last !== undefined ? cursorAfter(last) : null }
}

const Cursor = z.tuple([z.int().nonnegative(), z.guid()])

function readCursor(text: string): [number, string] {
  try {
    return Cursor.parse(JSON.parse(Buffer.from(text, 'base64url').toString()))
  } catch {
    throw new RangeError('not a cursor of this list')
  }
}

export function isCursor(text: string): boolean {
  try {
    readCursor(text)
    return true
  } catch {
    return false
  }
}

const cursorAfter = ({ received_at, postback_id }: ListedRow): string =>
  Buffer.from(JSON.stringify([Date.parse(received_at), postback_id])).toString('base64url')
