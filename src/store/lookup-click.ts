import type { Click } from '../events/click.ts'
import { foldClickId } from '../events/keys.ts'
import type { ClickHouseClient } from './client.ts'
import { select } from './select.ts'

const MAX_SPELLINGS = 20
/** The test endpoint has 500 ms for it, so that a slow database shows as unknown. */
const MAX_SECONDS = 1

export type FoundClick = {
  /** The click with this id byte for byte; null: none in the last 90 days. */
  readonly click: Click | null
  /** An id that differs in case or blanks alone; null: none, or the click itself was found. */
  readonly nearest_click_id: string | null
}

export async function lookupClick(client: ClickHouseClient, workspaceId: string, clickId: string): Promise<FoundClick> {
  const rows = await select<{ click_id: string; record: string }>(
    client,
    `SELECT click_id, record FROM clicks FINAL
     WHERE workspace_id = {workspace:String} AND folded_id = {folded:String}
     ORDER BY click_id = {id:String} DESC, clicks.received_at DESC LIMIT ${MAX_SPELLINGS}`,
    { workspace: workspaceId, folded: foldClickId(clickId), id: clickId },
    MAX_SECONDS,
  )
  const [first] = rows
  if (first === undefined) return { click: null, nearest_click_id: null }
  if (first.click_id !== clickId) return { click: null, nearest_click_id: first.click_id }
  return { click: first.record === '' ? null : (JSON.parse(first.record) as Click), nearest_click_id: null } // written by rowsOf
}
