import type { Postback } from '../events/postback.ts'
import type { WorkspaceCopy } from '../workspaces/copy.ts'
import { DEFAULT_SETTINGS, type DedupePolicy } from '../workspaces/schema.ts'
import { fingerprint, ownMark, policyFor, type Sight, shortId, sight } from './fingerprint.ts'
import type { AttributionStore } from './store.ts'

const DAY_MS = 86_400_000

export type Dedupe = {
  /** Whether a postback at its offset was seen before; from now on it was. */
  seen(partition: number, offset: number, postback: Postback): Sight
  policyOf(postback: Postback): DedupePolicy | undefined
}

/** First sights by the rules of the workspaces. */
export function createDedupe(store: Pick<AttributionStore, 'firstSight' | 'putFirstSight'>, workspaces: WorkspaceCopy): Dedupe {
  const policyOf = ({ workspace_id, source_id, reading }: Postback) => policyFor(workspaces.source(workspace_id, source_id), reading.event)

  function look(partition: number, offset: number, postback: Postback, mark: Buffer, windowMs: number): Sight {
    const stored = store.firstSight(partition, mark)
    const answer = sight(stored, postback, offset, windowMs)
    // A sight further on is of this mark's next window: looking back must not undo it.
    if (answer === 'first' && (stored === undefined || stored.offset <= offset))
      store.putFirstSight(partition, mark, { offset, postbackId: shortId(postback.postback_id), receivedAtMs: postback.received_at })
    return answer
  }

  return {
    policyOf,
    seen(partition, offset, postback) {
      const days = workspaces.get(postback.workspace_id)?.settings.dedupe_window_days ?? DEFAULT_SETTINGS.dedupe_window_days
      const windowMs = days * DAY_MS
      // It may be read again more than once, under maps that differ: the first time counts.
      if (postback.read_again_at !== null && look(partition, offset, postback, ownMark(postback), windowMs) === 'repeat') return 'repeat'
      const answer = look(partition, offset, postback, fingerprint(postback, policyOf(postback)), windowMs)
      if (answer !== 'duplicate') return answer
      // A duplicate may itself have been written twice on its way in.
      return look(partition, offset, postback, ownMark(postback), windowMs) === 'repeat' ? 'repeat' : 'duplicate'
    },
  }
}
