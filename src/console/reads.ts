import type { Follower } from '../store/changes.ts'
import type { EventDetail } from '../store/get-event.ts'
import type { KeyUse } from '../store/key-use.ts'
import type { EventFilters, EventPage } from '../store/list-events.ts'
import type { Stats, StatsQuery } from '../store/stats.ts'
import type { KeptWords } from '../store/unmapped.ts'

/** What the console reads from ClickHouse. The workspace always comes from who asks, never from the request. */
export type Reads = {
  listEvents(workspaceId: string, filters: EventFilters): Promise<EventPage>
  getEvent(workspaceId: string, postbackId: string): Promise<EventDetail | null>
  stats(workspaceId: string, query: StatsQuery): Promise<Stats>
  /** Words of a source that no map knows, and how many postbacks are kept for them. */
  unmappedWords(workspaceId: string, sourceId: string, sinceMs: number): Promise<KeptWords[]>
  /** When postbacks came with each version of a source's key. */
  keyUse(workspaceId: string, sourceId: string): Promise<KeyUse[]>
  /** Events that change from `sinceMs` on. */
  follow(workspaceId: string, sinceMs: number): Follower
}
