import type { PlatformExample, Target } from '../definition.ts'
import { DAY_MS, HOUR_MS } from '../facts.ts'
import { HASHES, NOW_MS, RECEIVED_AT_MS, sampleConversion } from '../samples.ts'
import type { Credentials, Settings } from './settings.ts'

const target: Target<Settings, Credentials> = {
  settings: {
    operating_account_id: '1234567890',
    login_account_id: '9876543210',
    conversion_actions: { Purchase: '111', Lead: '222', SignUp: '333', Subscribe: '444', Custom_VIP: '555' },
  },
  credentials: { client_id: 'c.apps.googleusercontent.com', client_secret: 'GOCSPX-example', refresh_token: '1//example' },
  eventMap: {},
  testCode: null,
  hosts: { api: 'https://datamanager.googleapis.com', oauth: 'https://oauth2.googleapis.com' },
  accessToken: 'ya29.example',
}

type Example = PlatformExample<Settings, Credentials>
const example = (
  name: string,
  conversion: Example['conversion'],
  prepared: Example['prepared'],
  given: Partial<Example['target']> = {},
): Example => ({ name, conversion, prepared, target: { ...target, ...given }, nowMs: NOW_MS })

const received = new Date(RECEIVED_AT_MS).toISOString()
const clicked = { platform: 'google', gclid: 'Cj0KCQiA-example', client_ip: '192.0.2.1', client_user_agent: 'Mozilla/5.0' } as const

export const examples: readonly Example[] = [
  example(
    'a Purchase by gclid and hashed user data, consent known',
    sampleConversion(
      {
        transaction_id: 't-1',
        event_time: NOW_MS - HOUR_MS,
        user: { email_google: HASHES.email, phone_e164: HASHES.phone_e164 },
        consent: { ad_user_data: true, ad_personalization: false },
      },
      clicked,
    ),
    {
      kind: 'event',
      event: {
        destinationReferences: ['111'],
        transactionId: 't-1',
        eventTimestamp: '2026-11-20T11:00:00.000Z',
        eventSource: 'WEB',
        adIdentifiers: { gclid: 'Cj0KCQiA-example' },
        userData: { userIdentifiers: [{ emailAddress: HASHES.email }, { phoneNumber: HASHES.phone_e164 }] },
        conversionValue: 12.34,
        currency: 'USD',
        consent: { adUserData: 'CONSENT_GRANTED', adPersonalization: 'CONSENT_DENIED' },
      },
    },
  ),
  example(
    'a Lead: of several click ids one goes, and no consent is made up',
    sampleConversion({ event: 'Lead', value: null, currency: null }, { ...clicked, gbraid: 'gb', wbraid: 'wb' }),
    {
      kind: 'event',
      event: {
        destinationReferences: ['222'],
        transactionId: 'e1',
        eventTimestamp: received,
        eventSource: 'WEB',
        adIdentifiers: { gclid: 'Cj0KCQiA-example' },
      },
    },
  ),
  example(
    'a SignUp by a wbraid sent inline',
    sampleConversion({ event: 'SignUp', value: null, wbraid: 'wb', action_source: 'app' }, null),
    {
      kind: 'event',
      event: {
        destinationReferences: ['333'],
        transactionId: 'e1',
        eventTimestamp: received,
        eventSource: 'APP',
        adIdentifiers: { wbraid: 'wb' },
      },
    },
  ),
  example(
    'a rebill goes by its event id, so that it does not replace the first sale',
    sampleConversion({ event: 'Subscribe', transaction_id: 't-1', event_id: 'e2', conversion_status: 'rebill' }, { gbraid: 'gb' }),
    {
      kind: 'event',
      event: {
        destinationReferences: ['444'],
        transactionId: 'e2',
        eventTimestamp: received,
        eventSource: 'WEB',
        adIdentifiers: { gbraid: 'gb' },
        conversionValue: 12.34,
        currency: 'USD',
      },
    },
  ),
  example(
    'an own event with an action of its own, by hashed email alone',
    sampleConversion({ event: 'Custom_VIP', value: null, user: { email_google: HASHES.email } }),
    {
      kind: 'event',
      event: {
        destinationReferences: ['555'],
        transactionId: 'e1',
        eventTimestamp: received,
        eventSource: 'WEB',
        userData: { userIdentifiers: [{ emailAddress: HASHES.email }] },
      },
    },
  ),
  example('an own event without an action', sampleConversion({ event: 'Custom_other' }, clicked), {
    kind: 'suppressed',
    why: 'event_unmapped',
  }),
  example(
    'a name in the map that is no conversion action',
    sampleConversion({}, clicked),
    { kind: 'suppressed', why: 'event_unmapped' },
    { eventMap: { Purchase: 'Purchase' } },
  ),
  example('consent denied', sampleConversion({ consent: { ad_user_data: false, ad_personalization: null } }, clicked), {
    kind: 'suppressed',
    why: 'no_consent',
  }),
  example('a test event without a test code', sampleConversion({ test: true }, clicked), { kind: 'suppressed', why: 'test' }),
  example('neither click id nor user data', sampleConversion({ user: { country: HASHES.country } }), {
    kind: 'failed',
    why: 'missing_identifiers',
    detail: 'Google needs a gclid, gbraid or wbraid, or a hashed email or phone.',
  }),
  example('older than ninety days', sampleConversion({ event_time: NOW_MS - 90 * DAY_MS - 1 }, clicked), {
    kind: 'expired',
    why: 'too_old',
    detail: 'Google takes conversions of the last 90 days.',
  }),
]
