import type { Click } from '../events/click.ts'
import type { Reading } from '../events/postback.ts'

/** A click as answers show it: the canonical names, times in ISO 8601 UTC with milliseconds, the further ids as `aliases`.
 *  What is absent is left out. */
export function showClick(click: Click): Record<string, unknown> {
  const { workspace_id: _workspace, ids, click_id, clicked_at, received_at, ...fields } = click
  return withoutAbsent({
    click_id,
    aliases: ids.filter((id) => id !== click_id),
    clicked_at: new Date(clicked_at).toISOString(),
    received_at: new Date(received_at).toISOString(),
    ...fields,
  })
}

/** A reading as answers show it: flat, `sub1` to `sub20` beside the other names, times in ISO 8601 UTC with milliseconds,
 *  `custom_data` as an object, user data as its hashes. What is absent is left out. */
export function showReading(reading: Reading): Record<string, unknown> {
  const { subs, consent, custom_data, event_time, ...fields } = reading
  const isSilent = consent.ad_user_data === null && consent.ad_personalization === null
  return withoutAbsent({
    ...fields,
    ...subs,
    event_time: event_time === null ? null : new Date(event_time).toISOString(),
    custom_data: custom_data === null ? null : JSON.parse(custom_data),
    consent: isSilent ? null : consent,
  })
}

const withoutAbsent = (all: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(all).filter(([, value]) => value !== null && !(typeof value === 'object' && Object.keys(value as object).length === 0)),
  )
