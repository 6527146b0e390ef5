import type { Conversion } from '../../events/conversion.ts'
import type { PlatformEvent, Prepared, Target } from '../definition.ts'
import { compact, DAY_MS, eventNameOf, happenedAtMs, isTest, moneyOf, platformIdOf } from '../facts.ts'
import type { Credentials, Settings } from './settings.ts'

/** https://developers.google.com/data-manager/api/reference/rest/v1/EventSource, by our action source. */
const EVENT_SOURCES: Readonly<Record<string, string>> = {
  website: 'WEB',
  app: 'APP',
  phone_call: 'PHONE',
  chat: 'MESSAGE',
  business_messaging: 'MESSAGE',
  physical_store: 'IN_STORE',
}

const OLDEST_MS = 90 * DAY_MS

/** Destinations of one request, and with it conversion actions. https://developers.google.com/data-manager/api/devguides/limits */
export const DESTINATIONS_MAX = 10

/** One of `events[]`. Its `destinationReferences` is the conversion action, from which `requestBody` makes the destination.
 *  Address and user agent are left out: Google does not match by address in the EEA, the UK and Switzerland and asks not to be
 *  sent it. https://developers.google.com/data-manager/api/reference/rest/v1/Event */
export function prepare(conversion: Conversion, target: Target<Settings, Credentials>, nowMs: number): Prepared {
  const { reading } = conversion
  const action = eventNameOf(reading.event, target.eventMap, target.settings.conversion_actions)
  if (action === null || !/^\d+$/.test(action) || !fits(action, target)) return { kind: 'suppressed', why: 'event_unmapped' }
  if (isTest(conversion) && target.testCode === null) return { kind: 'suppressed', why: 'test' }
  if (reading.consent.ad_user_data === false) return { kind: 'suppressed', why: 'no_consent' }
  const happenedAt = happenedAtMs(conversion)
  if (nowMs - happenedAt > OLDEST_MS)
    return { kind: 'expired', why: 'too_old', detail: `Google takes conversions of the last ${OLDEST_MS / DAY_MS} days.` }
  const adIdentifiers = clickIdOf(conversion)
  const userIdentifiers = userIdentifiersOf(conversion)
  if (adIdentifiers === null && userIdentifiers.length === 0)
    return { kind: 'failed', why: 'missing_identifiers', detail: 'Google needs a gclid, gbraid or wbraid, or a hashed email or phone.' }

  const money = moneyOf(conversion)
  return {
    kind: 'event',
    event: compact({
      destinationReferences: [action],
      transactionId: transactionIdOf(conversion),
      eventTimestamp: new Date(happenedAt).toISOString(),
      eventSource: reading.action_source === null ? 'WEB' : (EVENT_SOURCES[reading.action_source] ?? 'OTHER'),
      adIdentifiers,
      userData: userIdentifiers.length === 0 ? null : { userIdentifiers },
      conversionValue: money?.value,
      currency: money?.currency,
      consent: compact({
        adUserData: consentWord(reading.consent.ad_user_data),
        adPersonalization: consentWord(reading.consent.ad_personalization),
      }),
    }),
  }
}

/** The body for a batch: one destination per conversion action in it. */
export function requestBody(events: readonly PlatformEvent[], { settings, testCode }: Target<Settings, Credentials>): object {
  const actions = new Set(events.flatMap((event) => event.destinationReferences as string[])) // set by `prepare`
  return {
    destinations: [...actions].map((action) => ({
      reference: action,
      ...(settings.login_account_id !== undefined && { loginAccount: account(settings.login_account_id) }),
      operatingAccount: account(settings.operating_account_id),
      productDestinationId: action,
    })),
    events,
    encoding: 'HEX',
    ...(testCode !== null && { validateOnly: true }),
  }
}

const account = (accountId: string) => ({ accountType: 'GOOGLE_ADS', accountId })

/** A batch may hold any of the destination's actions, so there are no more of them than a request can name. */
function fits(action: string, { settings, eventMap }: Target<Settings, Credentials>): boolean {
  const actions = new Set([...Object.values(settings.conversion_actions), ...Object.values(eventMap)].filter((one) => one !== null))
  return [...actions].indexOf(action) < DESTINATIONS_MAX
}

/** Exactly one: the documents forbid two. */
function clickIdOf(conversion: Conversion): Record<string, string> | null {
  for (const id of ['gclid', 'gbraid', 'wbraid'] as const) {
    const value = platformIdOf(conversion, id)
    if (value) return { [id]: value }
  }
  return null
}

/** An address needs the postal code in clear, which we do not keep. */
function userIdentifiersOf({ reading: { user } }: Conversion): Record<string, string>[] {
  return [
    ...(user.email_google === undefined ? [] : [{ emailAddress: user.email_google }]),
    ...(user.phone_e164 === undefined ? [] : [{ phoneNumber: user.phone_e164 }]),
  ]
}

/** Google knows a conversion again by this, per conversion action, and the same id again replaces its value. So it is the order's
 *  own id, which stays when a payout is corrected and which the Google tag on the page sends too; without one the event id.
 *  A rebill is a further sale under its order's id and would replace the first, so it goes by its event id. */
function transactionIdOf({ reading }: Conversion): string {
  return reading.transaction_id === null || reading.conversion_status === 'rebill' ? reading.event_id : reading.transaction_id
}

/** null: nobody said, which is never told as a yes. */
const consentWord = (given: boolean | null): string | null => (given === null ? null : given ? 'CONSENT_GRANTED' : 'CONSENT_DENIED')
