import { wroteAscii } from '../events/ascii.ts'
import type { Postback } from '../events/postback.ts'
import { textHash } from '../events/text-hash.ts'
import type { DedupePolicy, Source } from '../workspaces/schema.ts'

/** The policy of a source for an event; undefined: the default rule. */
export const policyFor = (source: Source | undefined, event: string | null): DedupePolicy | undefined =>
  source?.dedupe[event ?? ''] ?? source?.dedupe['*']

/** What makes two postbacks one conversion: 16 bytes of hash, so that two of 10^9 conversions meet by chance with a probability below
 *  10^-20, and the workspace in clear behind them, so that no workspace can make a conversion that meets another's.
 *  Default: click id, event, status, transaction id, and the event id where the sender gave one or where neither click nor transaction
 *  names the conversion. A policy that rests on an id counts only where there is that id. What is quarantined is no conversion: only
 *  its own repeat is the same, and what was read again is another record than the one that could not be read. Where
 *  every postback counts, the same message of a sender who names its messages still counts once. */
export const fingerprint = (postback: Postback, policy: DedupePolicy | undefined): Buffer => markOf(postback, sameness(postback, policy))

/** What only the same postback has, written twice on its way in. */
export const ownMark = (postback: Postback): Buffer => markOf(postback, itself(postback))

function markOf({ workspace_id: ws }: Postback, text: string): Buffer {
  const mark = Buffer.allocUnsafe(HASH_BYTES + ws.length)
  const [a, b, c, d] = textHash(text)
  mark.writeUInt32BE(a, 0)
  mark.writeUInt32BE(b, 4)
  mark.writeUInt32BE(c, 8)
  mark.writeUInt32BE(d, 12)
  return wroteAscii(mark, HASH_BYTES, ws) ? mark : Buffer.concat([mark.subarray(0, HASH_BYTES), Buffer.from(ws)])
}
const HASH_BYTES = 16

function sameness(postback: Postback, policy: DedupePolicy | undefined): string {
  const { reading } = postback
  const { click_id, event, conversion_status, transaction_id } = reading
  if (postback.quarantined !== null || (policy === 'every' && postback.message_id === null)) return itself(postback)
  if (policy === 'every') return `message${part(postback.message_id)}`
  if (policy === 'first_only' && click_id !== null) return `first${part(click_id)}${part(event)}`
  if (policy === 'by_transaction' && transaction_id !== null) return `tx${part(click_id)}${part(event)}${part(transaction_id)}`
  const named = reading.event_id_given || (click_id === null && transaction_id === null)
  return `default${part(click_id)}${part(event)}${part(conversion_status)}${part(transaction_id)}${part(named ? reading.event_id : null)}`
}

const itself = ({ postback_id, read_again_at }: Postback): string => `${read_again_at === null ? 'every' : 'again'}${part(postback_id)}`

/** Behind its length, so that no two lists of parts make one text. */
const part = (text: string | null): string => (text === null ? '-' : `${text.length}:${text}`)

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
export const shortId = (postbackId: string): string => postbackId.slice(19, 23) + postbackId.slice(24)
