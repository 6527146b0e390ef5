import type { Click } from '../events/click.ts'
import type { Postback } from '../events/postback.ts'
import type { MatchedBy, QuarantinedWhy, UnmatchedWhy } from '../events/stages.ts'
import { platformOfIds } from '../events/words.ts'
import type { Settings } from '../workspaces/schema.ts'
import { isByTransaction } from './transaction.ts'

export type Policy = {
  /** How long after its click a conversion counts. */
  readonly windowMs: number
  /** How long a postback waits for its click, from its receipt. */
  readonly holdMs: number
}

const HOUR_MS = 3_600_000

/** Settings are in hours and days, also in parts of them; times are whole milliseconds. */
export const policyOf = (settings: Pick<Settings, 'attribution_window_days' | 'hold_hours'>): Policy => ({
  windowMs: Math.round(settings.attribution_window_days * 24 * HOUR_MS),
  holdMs: Math.round(settings.hold_hours * HOUR_MS),
})

/** What the local table says about the click id of a postback, or about its transaction id where that is all it has. */
export type Found = {
  readonly click: Click | undefined
  /** A click id that differs in upper and lower case or in blanks alone; it does not match, it explains. */
  readonly otherSpelling: string | undefined
}

export type Attributed =
  | { readonly stage: 'quarantined'; readonly why: QuarantinedWhy }
  | { readonly stage: 'matched'; readonly by: MatchedBy; readonly click: Click | null }
  | { readonly stage: 'unmatched'; readonly why: UnmatchedWhy; readonly nearest?: string }
  | { readonly stage: 'held'; readonly why: UnmatchedWhy; readonly deadlineMs: number; readonly nearest?: string }

/** What becomes of a postback; `offset` is its place in its partition, and with it its turn. */
export type Decision = Attributed | { readonly stage: 'duplicate' } | { readonly stage: 'deferred'; readonly offset: number }

/** Clocks of sender and redirect may differ by this much before a conversion counts as earlier than its click. */
const CLOCK_SKEW_MS = 5 * 60_000

/** Decides about one postback. The same arguments give the same decision, replays included; a postback that waits is
 *  decided again by this function when its click comes or its deadline passes. */
export function attribute(postback: Postback, found: Found, policy: Policy, nowMs: number): Attributed {
  if (postback.quarantined !== null) return { stage: 'quarantined', why: postback.quarantined as QuarantinedWhy }
  if (found.click !== undefined) return within(postback, found.click, policy)
  if (platformOfIds(postback.reading) !== null) return { stage: 'matched', by: 'inline', click: null }
  if (postback.click_id_fault !== null) return { stage: 'unmatched', why: postback.click_id_fault as UnmatchedWhy }
  const deadlineMs = postback.received_at + policy.holdMs
  const reason = reasonOf(postback, found)
  const canWait = postback.reading.click_id !== null || isByTransaction(postback)
  return canWait && nowMs < deadlineMs ? { stage: 'held', ...reason, deadlineMs } : { stage: 'unmatched', ...reason }
}

function reasonOf({ reading }: Postback, { otherSpelling }: Found): { readonly why: UnmatchedWhy; readonly nearest?: string } {
  if (reading.click_id === null) return { why: 'no_click_id' }
  return otherSpelling === undefined ? { why: 'click_not_seen' } : { why: 'case_differs', nearest: otherSpelling }
}

function within(postback: Postback, click: Click, policy: Policy): Attributed {
  const ageMs = (postback.reading.event_time ?? postback.received_at) - click.clicked_at
  if (ageMs < -CLOCK_SKEW_MS) return { stage: 'unmatched', why: 'before_click' }
  if (ageMs > policy.windowMs) return { stage: 'unmatched', why: 'click_expired' }
  return { stage: 'matched', by: 'click_id', click }
}
