import type { Postback } from '../events/postback.ts'
import type { ClickHouseClient } from './client.ts'
import { instant, select } from './select.ts'

const UNMAPPED = "quarantined IN ('status_unmapped', 'no_event') AND source_kind = 'tracker'"
const OF_SOURCE = 'workspace_id = {workspace:String} AND source_id = {source:String}'

/** Kept postbacks as they stand. Those that ever were kept are few and found without FINAL, which then looks at them alone. */
const keptSince = (from: string): string => `postbacks FINAL
     WHERE ${OF_SOURCE} AND ${UNMAPPED} AND received_at >= ${from} AND (received_at, postback_id) IN (
       SELECT received_at, postback_id FROM postbacks WHERE ${OF_SOURCE} AND ${UNMAPPED} AND received_at >= ${from}
     )`
const WORDS_MAX = 200

/** Postbacks of a source that are kept because these words have no meaning. */
export type KeptWords = {
  /** As they were sent; null: that side was not sent. */
  readonly event: string | null
  readonly status: string | null
  readonly count: number
  readonly first_at: string
  readonly last_at: string
  /** The newest of them, to look at. */
  readonly postback_id: string
}

/** What a source sends and no map knows, received from `sinceMs` on: most frequent first, at most 200 pairs of words. */
export async function unmappedWords(
  client: ClickHouseClient,
  workspaceId: string,
  sourceId: string,
  sinceMs: number,
): Promise<KeptWords[]> {
  const rows = await select<Omit<KeptWords, 'postback_id'> & { newest: string }>(
    client,
    `SELECT
       JSONExtract(reading, 'raw_event', 'Nullable(String)') AS event,
       JSONExtract(reading, 'raw_status', 'Nullable(String)') AS status,
       count() AS count, min(received_at) AS first_at, max(received_at) AS last_at, argMax(postback_id, received_at) AS newest
     FROM ${keptSince(instant('since'))}
     GROUP BY event, status ORDER BY count DESC, last_at DESC LIMIT ${WORDS_MAX}`,
    { workspace: workspaceId, source: sourceId, since: sinceMs },
  )
  return rows.map(({ newest, ...row }) => ({ ...row, postback_id: newest }))
}

/** A postback that is kept for its words, and its partition of topic `postbacks`. What only the log holds (the address and the
 *  software of the sender) is null. */
export type Kept = { readonly postback: Postback; readonly partition: number }

type KeptRow = Pick<Postback, 'postback_id' | 'source_kind' | 'tracker' | 'key_version' | 'lane' | 'method' | 'dialect'> & {
  received_ms: number
  reading: string
  raw: string
  unread: string
  problems: string
  quarantined: string
  click_id_fault: string
  kafka_partition: number
}

/** Kept postbacks of a source in the order they came, behind the cursor [received at, postback id]. */
export async function keptUnmapped(
  client: ClickHouseClient,
  workspaceId: string,
  sourceId: string,
  after: readonly [receivedMs: number, postbackId: string],
  limit: number,
): Promise<Kept[]> {
  const rows = await select<KeptRow>(
    client,
    `SELECT
       toUnixTimestamp64Milli(received_at) AS received_ms, postback_id, source_kind, tracker, key_version, lane, method, dialect,
       reading, raw, unread, problems, quarantined, click_id_fault, kafka_partition
     FROM ${keptSince(instant('at'))} AND (received_at, postback_id) > (${instant('at')}, {id:UUID})
     ORDER BY received_at, postback_id LIMIT {limit:UInt32}`,
    { workspace: workspaceId, source: sourceId, at: after[0], id: after[1], limit },
  )
  return rows.map(({ received_ms, kafka_partition, ...row }) => ({
    partition: kafka_partition,
    postback: {
      ...row,
      workspace_id: workspaceId,
      source_id: sourceId,
      received_at: received_ms,
      workspaces_offset: -1,
      reading: JSON.parse(row.reading),
      raw: row.raw === '' ? {} : JSON.parse(row.raw),
      unread: JSON.parse(row.unread),
      problems: JSON.parse(row.problems),
      click_id_fault: row.click_id_fault === '' ? null : row.click_id_fault,
      sender_ip: null,
      sender_user_agent: null,
      read_again_at: null,
      // Not kept: of a message that was sent twice and read again both are decided by what they say.
      message_id: null,
    },
  }))
}
