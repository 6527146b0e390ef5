/** The one table of a conversion's life. The ClickHouse enums, the Avro symbols and the keys of the stats
 *  are tested against it. `fix` says what the reader of the page can do. */

/** Stages of the postback itself, in the order of life. The number is the rank: where two records of one postback
 *  compete, the higher rank is the later stage. */
export const STAGES = {
  received: 1,
  deferred: 2,
  held: 3,
  duplicate: 4,
  quarantined: 5,
  unmatched: 6,
  matched: 7,
} as const
export type Stage = keyof typeof STAGES

/** Stages of one delivery (conversion x destination). Higher rank wins; `retrying` and `blocked` share a level of
 *  life and the later one in time is shown, which the store decides by (at, rank). */
export const DELIVERY_STAGES = {
  suppressed: 1,
  queued: 2,
  retrying: 3,
  blocked: 4,
  expired: 5,
  failed: 6,
  forwarded: 7,
  confirmed: 8,
} as const
export type DeliveryStage = keyof typeof DELIVERY_STAGES

/** What an event list shows as `status`. */
export const STATUSES = ['received', 'deferred', 'quarantined', 'duplicate', 'held', 'matched', 'unmatched', 'forwarded', 'failed'] as const
export type Status = (typeof STATUSES)[number]

export const MATCHED_BY = ['click_id', 'inline', 'transaction_id', 'user_data'] as const
export type MatchedBy = (typeof MATCHED_BY)[number]

/** Why a postback is held or unmatched; the sentence says what to do. */
export const UNMATCHED_WHY = {
  no_click_id: 'The postback carries no click id. Add the click id macro of your tracker to the URL.',
  macro_unreplaced: 'The click id is a macro that the sender did not replace. Use the macro this tracker knows; the config page lists it.',
  wrong_parameter: 'The click id came under a parameter that is not read as one. Send it as click_id.',
  case_differs:
    'A click with this id in another spelling is known: upper and lower case, or blanks around it. Hand the id on byte for byte.',
  click_expired: 'The click is older than the attribution window of the workspace.',
  before_click: 'The conversion is dated before its click. Check the time zone of event_time.',
  click_not_seen: 'No click with this id has arrived. Check that the ad URL goes through the redirect, the pixel or the clicks API.',
  hold_full: 'Too many postbacks are waiting for their clicks, so this one could not be held.',
} as const
export type UnmatchedWhy = keyof typeof UNMATCHED_WHY

export const QUARANTINED_WHY = {
  source_revoked: 'The key of this source was revoked. Rotate the key and change the URL at the sender.',
  unreadable: 'The request could not be read as parameters, form or JSON. Compare it with the URL on the config page.',
  no_event: 'No event was named. Send event, or map the status of the sender to one.',
  status_unmapped: 'The status word is not in the status map of the source. Map it there, and have what is kept for it read again.',
  value_invalid: 'The value is not a number. Send digits with one decimal point.',
  currency_unknown: 'The currency is not an ISO 4217 code. The currencies endpoint lists them.',
} as const
export type QuarantinedWhy = keyof typeof QUARANTINED_WHY

export const SUPPRESSED_WHY = {
  rule: 'A rule of the workspace, or the absence of a destination for the platform of the click, keeps it back.',
  status_not_sent: 'Conversions with this status are not sent (pending, hold, rejected, refund, chargeback).',
  event_unmapped: 'The event map of the destination has no entry for this event.',
  no_consent: 'Consent for advertising was denied.',
  test: 'A test event is sent only with a test code.',
} as const
export type SuppressedWhy = keyof typeof SUPPRESSED_WHY

export const FAILED_WHY = {
  refused: 'The platform refused the event; the answer is in the attempt.',
  missing_identifiers: 'The platform needs a click id or hashed user data, and there is none.',
  missing_value: 'The platform needs a value and a currency for this event.',
  unknown_reply: 'The platform gave an answer that is in none of its documents; it is kept in the attempt.',
  retries_exhausted: 'The platform did not accept the event in any of the attempts.',
} as const
export type FailedWhy = keyof typeof FAILED_WHY

export const BLOCKED_WHY = {
  token: 'The access token is expired, revoked or wrong. Save a new one, then resume the destination.',
  permission: 'The token has no permission for this pixel or account. Grant it, then resume the destination.',
  version: 'The platform no longer answers this version of its API. Update the software, then resume the destination.',
  not_allowlisted: 'The account is not admitted to this API of the platform.',
} as const
export type BlockedWhy = keyof typeof BLOCKED_WHY

export const EXPIRED_WHY = {
  too_old: 'The platform no longer takes a conversion of this age.',
} as const
export type ExpiredWhy = keyof typeof EXPIRED_WHY

/** Why a delivery waits in a retry tier. */
export const RETRY_WHY = {
  unreachable: 'The platform could not be reached, or it broke the connection.',
  timeout: 'The platform did not answer in time; whether it took the event is unknown, so the same event id goes again.',
  throttled: 'The platform asked for fewer requests.',
  server_error: 'The platform failed on its own side.',
  reply_unreadable: 'The platform answered with something that is not its API.',
  too_recent: 'The platform takes conversions of a click only some hours after it.',
} as const
export type RetryWhy = keyof typeof RETRY_WHY

export type DeliveryWhy = SuppressedWhy | FailedWhy | BlockedWhy | ExpiredWhy | RetryWhy

/** Every reason with its sentence, for the page and the API. */
export const WHY: Readonly<Record<string, string>> = {
  ...UNMATCHED_WHY,
  ...QUARANTINED_WHY,
  ...SUPPRESSED_WHY,
  ...FAILED_WHY,
  ...BLOCKED_WHY,
  ...EXPIRED_WHY,
  ...RETRY_WHY,
}

export const VERDICTS = ['accepted', 'retry', 'throttled', 'refused', 'split', 'blocked'] as const
