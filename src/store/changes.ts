import type { ClickHouseClient } from './client.ts'
import { LISTED_COLUMNS, type ListedEvent, type ListedRow, toListed } from './listed-event.ts'
import { instant, select } from './select.ts'

export type ChangedEvent = { readonly event: ListedEvent; readonly changedMs: number }

/** Events of which something was inserted after `sinceMs` of ClickHouse's clock, oldest change first. An insert becomes
 *  visible some time after the instant it carries, so whoever follows looks back a little: `createFollower` does. */
export async function changedSince(client: ClickHouseClient, workspaceId: string, sinceMs: number, limit: number): Promise<ChangedEvent[]> {
  // Two steps: the index on changed_at finds the new rows alone, and an event is read whole.
  const keys = await select<{ at: string; postback_id: string }>(
    client,
    `SELECT toString(received_at) AS at, postback_id FROM events
     WHERE workspace_id = {workspace:String} AND changed_at > ${instant('since')}
     GROUP BY received_at, postback_id ORDER BY max(changed_at), postback_id LIMIT {limit:UInt32}`,
    { workspace: workspaceId, since: sinceMs, limit },
  )
  if (keys.length === 0) return []
  const times = [...new Set(keys.map(({ at }) => at))]
  const rows = await select<ListedRow>(
    client,
    `SELECT ${LISTED_COLUMNS} FROM events_now
     WHERE workspace_id = {workspace:String}
       AND received_at IN {times:Array(DateTime64(3, 'UTC'))}
       AND postback_id IN {ids:Array(UUID)}
     ORDER BY changed_at, postback_id`,
    { workspace: workspaceId, times, ids: keys.map(({ postback_id }) => postback_id) },
  )
  return rows.map((row) => ({ event: toListed(row), changedMs: Date.parse(row.changed_at) }))
}

export type Follower = {
  /** Events that changed since the last call, each as it stands now. Empty: nothing new. */
  next(): Promise<ListedEvent[]>
}

/** Longer than an insert takes from its first row to its acknowledgement. */
const LOOK_BACK_MS = 10_000
const PAGE = 500

/** Follows a workspace from `sinceMs` on. Each change is told once; a page that is full goes on with the next call. */
export function createFollower(client: ClickHouseClient, workspaceId: string, sinceMs: number): Follower {
  const told = new Map<string, number>()
  let newestMs = sinceMs
  return {
    async next() {
      const news: ListedEvent[] = []
      for (let fromMs = Math.max(newestMs - LOOK_BACK_MS, sinceMs); ; ) {
        const changes = await changedSince(client, workspaceId, fromMs, PAGE)
        for (const { event, changedMs } of changes) {
          if (told.get(event.postback_id) === changedMs) continue
          told.set(event.postback_id, changedMs)
          news.push(event)
        }
        const lastMs = changes.at(-1)?.changedMs ?? fromMs
        newestMs = Math.max(newestMs, lastMs)
        if (changes.length < PAGE || lastMs <= fromMs || news.length >= PAGE) break
        fromMs = lastMs - 1
      }
      for (const [id, changedMs] of told) if (changedMs < newestMs - 2 * LOOK_BACK_MS) told.delete(id)
      return news
    },
  }
}
