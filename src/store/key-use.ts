import type { ClickHouseClient } from './client.ts'
import { select } from './select.ts'

/** When postbacks came with a version of a source's key; ISO 8601 in UTC. */
export type KeyUse = { readonly version: number; readonly first_at: string; readonly last_at: string }

/** Of the versions that were ever used, the oldest first. Seconds behind, as all that is stored. */
export const keyUse = (client: ClickHouseClient, workspaceId: string, sourceId: string): Promise<KeyUse[]> =>
  select<KeyUse>(
    client,
    `SELECT key_version AS version, first_at, last_at FROM key_use FINAL
     WHERE workspace_id = {workspace:String} AND source_id = {source:String} ORDER BY version`,
    { workspace: workspaceId, source: sourceId },
  )
