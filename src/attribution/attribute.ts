import type { Click } from '../events/click.ts'
import type { Postback } from '../events/postback.ts'
import type { MatchedBy, QuarantinedWhy, UnmatchedWhy } from '../events/stages.ts'
import { platformOfIds } from '../events/words.ts'
import type { Settings } from '../workspaces/schema.ts'

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

/** What the local table says about the click id of a postback. */
export type Found = {
  readonly click: Click | undefined
  /** A click id that differs in upper and lower case or in blanks alone; it does not match, it explains. */
  readonly otherSpelling: string | undefined
}

export type Decision =
  | { readonly stage: 'quarantined'; readonly why: QuarantinedWhy }
  | { readonly stage: 'matched'; readonly by: MatchedBy; readonly click: Click | null }
  | { readonly stage: 'unmatched'; readonly why: UnmatchedWhy; readonly nearest?: string }
  | { readonly stage: 'held'; readonly why: UnmatchedWhy; readonly deadlineMs: number; readonly nearest?: string }

/** Clocks of sender and redirect may differ by this much before a conversion counts as earlier than its click. */
const CLOCK_SKEW_MS = 5 * 60_000

/** Decides about one postback. The same arguments give the same decision, replays included; a postback that waits is
 *  decided again by this function when its click comes or its deadline passes. */
export function attribute(postback: Postback, found: Found, policy: Policy, nowMs: number): Decision {
  if (postback.quarantined !== null) return { stage: 'quarantined', why: postback.quarantined as QuarantinedWhy }
  if (found.click !== undefined) return within(postback, found.click, policy)
  if (platformOfIds(postback.reading) !== null) return { stage: 'matched', by: 'inline', click: null }
  if (postback.click_id_fault !== null) return { stage: 'unmatched', why: postback.click_id_fault as UnmatchedWhy }
  if (postback.reading.click_id === null) return { stage: 'unmatched', why: 'no_click_id' }
  const deadlineMs = postback.received_at + policy.holdMs
  const reason =
    found.otherSpelling === undefined ? { why: 'click_not_seen' as const } : { why: 'case_differs' as const, nearest: found.otherSpelling }
  return nowMs < deadlineMs ? { stage: 'held', ...reason, deadlineMs } : { stage: 'unmatched', ...reason }
}

function within(postback: Postback, click: Click, policy: Policy): Decision {
  const ageMs = (postback.reading.event_time ?? postback.received_at) - click.clicked_at
  if (ageMs < -CLOCK_SKEW_MS) return { stage: 'unmatched', why: 'before_click' }
  if (ageMs > policy.windowMs) return { stage: 'unmatched', why: 'click_expired' }
  return { stage: 'matched', by: 'click_id', click }
}
