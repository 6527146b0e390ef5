import { hash } from 'node:crypto'
import type { Postback } from '../events/postback.ts'
import type { DedupePolicy, Source } from '../workspaces/schema.ts'

/** The policy of a source for an event; undefined: the default rule. */
export const policyFor = (source: Source | undefined, event: string | null): DedupePolicy | undefined =>
  source?.dedupe[event ?? ''] ?? source?.dedupe['*']

/** What makes two postbacks one conversion: the first 12 bytes of a SHA-256, so that two of 10^9 conversions of one partition
 *  meet by chance with a probability below 10^-11.
 *  Default: workspace, click id, event, status, transaction id, and the event id where the sender gave one or where neither
 *  click nor transaction names the conversion. A policy that rests on an id counts only where there is that id. What is quarantined is no conversion: only its own repeat is the same. */
export function fingerprint(postback: Postback, policy: DedupePolicy | undefined): Buffer {
  const { workspace_id: ws, reading } = postback
  const { click_id, event, conversion_status, transaction_id } = reading
  return hash('sha256', JSON.stringify(parts()), 'buffer').subarray(0, 12)

  function parts(): (string | null)[] {
    if (postback.quarantined !== null || policy === 'every') return [ws, 'every', postback.postback_id]
    if (policy === 'first_only' && click_id !== null) return [ws, 'first', click_id, event]
    if (policy === 'by_transaction' && transaction_id !== null) return [ws, 'tx', click_id, event, transaction_id]
    const named = reading.event_id_given || (click_id === null && transaction_id === null)
    return [ws, 'default', click_id, event, conversion_status, transaction_id, named ? reading.event_id : null]
  }
}

/** What is remembered of a conversion's first sight. */
export type FirstSight = { readonly offset: number; readonly postbackId: string; readonly receivedAtMs: number }
export type Sight = 'first' | 'repeat' | 'duplicate'

/** Whether a postback at `offset` of its partition was seen before. A stored offset that is not smaller is this record itself
 *  met again in a replay, so the answer is a function of the log alone. `repeat`: the same postback written twice on its way in. */
export function sight(stored: FirstSight | undefined, postback: Postback, offset: number, windowMs: number): Sight {
  if (stored === undefined || stored.offset >= offset) return 'first'
  if (stored.postbackId === shortId(postback.postback_id)) return 'repeat'
  return postback.received_at - stored.receivedAtMs > windowMs ? 'first' : 'duplicate'
}

/** The last 16 hex digits of a UUID, all of them random in version 7. */
export const shortId = (postbackId: string): string => postbackId.replaceAll('-', '').slice(-16)
