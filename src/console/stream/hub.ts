import type { ListedEvent } from '../../store/listed-event.ts'
import type { Reads } from '../reads.ts'

export type Changes = { readonly atMs: number; readonly items: readonly ListedEvent[] }
type Tell = (changes: Changes) => void

export type Hub = {
  /** Tells what changes in a workspace until the returned function is called. With `sinceMs` it first tells what changed since.
   *  An event may be told twice; each time it is told as it stands. */
  join(workspaceId: string, sinceMs: number | undefined, tell: Tell): () => void
  readonly followed: number
}

/** How far back of an instant a change may become visible after it: inserts take their time, and clocks differ. */
const OVERLAP_MS = 10_000
const CATCH_UP_PAGES = 20

/** One reader per workspace, however many watch it. */
export function createHub(deps: {
  readonly reads: Pick<Reads, 'follow'>
  readonly nowMs: () => number
  readonly everyMs: number
  readonly onError: (error: unknown) => void
}): Hub {
  const { reads, nowMs, everyMs, onError } = deps
  const watched = new Map<string, Set<Tell>>()

  async function poll(workspaceId: string, watchers: Set<Tell>): Promise<void> {
    const follower = reads.follow(workspaceId, nowMs() - OVERLAP_MS)
    while (watchers.size > 0) {
      const atMs = nowMs()
      try {
        const items = await follower.next()
        if (items.length > 0) for (const tell of watchers) tell({ atMs, items })
      } catch (error) {
        onError(error)
      }
      // The time of the reading counts, so that a busy store is asked as often, but never without a pause.
      const pauseMs = Math.max(everyMs / 5, everyMs - (nowMs() - atMs))
      await new Promise((done) => setTimeout(done, pauseMs))
    }
  }

  async function catchUp(workspaceId: string, sinceMs: number, tell: Tell): Promise<void> {
    const follower = reads.follow(workspaceId, sinceMs - OVERLAP_MS)
    for (let page = 0; page < CATCH_UP_PAGES; page += 1) {
      const atMs = nowMs()
      const items = await follower.next()
      if (items.length === 0) return
      tell({ atMs, items })
    }
  }

  return {
    join(workspaceId, sinceMs, tell) {
      // What comes while the past is read is told after it, so that an older state never follows a newer one.
      let waiting: Changes[] | undefined = sinceMs === undefined ? undefined : []
      let isGone = false
      const live: Tell = (changes) => {
        if (waiting === undefined) tell(changes)
        else waiting.push(changes)
      }
      const watchers = watched.get(workspaceId)
      if (watchers !== undefined) watchers.add(live)
      else {
        const first = new Set([live])
        watched.set(workspaceId, first)
        poll(workspaceId, first).catch(onError)
      }
      if (sinceMs !== undefined) {
        catchUp(workspaceId, sinceMs, (changes) => !isGone && tell(changes))
          .catch(onError)
          .finally(() => {
            const held = waiting ?? []
            waiting = undefined
            if (!isGone) for (const changes of held) tell(changes)
          })
      }
      return () => {
        isGone = true
        const all = watched.get(workspaceId)
        all?.delete(live)
        if (all?.size === 0) watched.delete(workspaceId)
      }
    },
    get followed() {
      return watched.size
    },
  }
}
