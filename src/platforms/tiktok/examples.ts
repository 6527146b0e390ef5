import type { PlatformExample, Target } from '../definition.ts'
import { HOUR_MS } from '../facts.ts'
import { HASHES, NOW_MS, RECEIVED_AT_MS, sampleConversion } from '../samples.ts'
import type { Credentials, Settings } from './index.ts'

const target: Target<Settings, Credentials> = {
  settings: { pixel_code: 'C1EXAMPLEPIXEL00000' },
  credentials: { access_token: 'tt-example' },
  eventMap: {},
  testCode: null,
  hosts: { api: 'https://business-api.tiktok.com' },
}

type Example = PlatformExample<Settings, Credentials>
const example = (
  name: string,
  conversion: Example['conversion'],
  prepared: Example['prepared'],
  given: Partial<Example['target']> = {},
): Example => ({ name, conversion, prepared, target: { ...target, ...given }, nowMs: NOW_MS })

const received = Math.floor(RECEIVED_AT_MS / 1_000)
const clicked = { platform: 'tiktok', ttclid: 'E.C.P.example', client_ip: '192.0.2.1', client_user_agent: 'Mozilla/5.0' } as const
const user = { ttclid: 'E.C.P.example', ip: '192.0.2.1', user_agent: 'Mozilla/5.0' }

export const examples: readonly Example[] = [
  example(
    'a Purchase with everything known of the person',
    sampleConversion(
      {
        transaction_id: 't-1',
        event_time: NOW_MS - HOUR_MS,
        event_source_url: 'https://example.com/thanks',
        referrer: 'https://example.com/',
        country: 'US',
        locale: 'en-US',
        user: {
          email: HASHES.email,
          phone_digits: HASHES.phone_digits,
          phone_e164: HASHES.phone_e164,
          first_name: HASHES.first_name,
          external_id: HASHES.email,
        },
        items: [{ id: 'sku-1', name: 'Shoe', quantity: 2, price: '6.17', category: 'shoes', brand: 'B' }],
      },
      { ...clicked, ttp: 'ttp-1' },
    ),
    {
      kind: 'event',
      event: {
        event: 'Purchase',
        event_time: (NOW_MS - HOUR_MS) / 1_000,
        event_id: 'e1',
        user: {
          ...user,
          ttp: 'ttp-1',
          email: HASHES.email,
          phone: HASHES.phone_e164,
          first_name: HASHES.first_name,
          external_id: HASHES.email,
          country: 'US',
          locale: 'en-US',
        },
        page: { url: 'https://example.com/thanks', referrer: 'https://example.com/' },
        properties: {
          value: 12.34,
          currency: 'USD',
          contents: [{ content_id: 'sku-1', content_name: 'Shoe', content_category: 'shoes', brand: 'B', quantity: 2, price: 6.17 }],
          content_type: 'product',
          order_id: 't-1',
        },
      },
    },
  ),
  example('a Lead by ttclid', sampleConversion({ event: 'Lead', value: null }, clicked), {
    kind: 'event',
    event: { event: 'Lead', event_time: received, event_id: 'e1', user },
  }),
  example('a SignUp by a ttclid sent inline', sampleConversion({ event: 'SignUp', value: null, ttclid: 'E.C.P.inline' }, null), {
    kind: 'event',
    event: { event: 'CompleteRegistration', event_time: received, event_id: 'e1', user: { ttclid: 'E.C.P.inline' } },
  }),
  example('a Subscribe with limited data use', sampleConversion({ event: 'Subscribe', limited_data_use: true }, clicked), {
    kind: 'event',
    event: {
      event: 'Subscribe',
      event_time: received,
      event_id: 'e1',
      user,
      properties: { value: 12.34, currency: 'USD' },
      limited_data_use: true,
    },
  }),
  example('an own event keeps its whole name', sampleConversion({ event: 'Custom_VIP', value: null }, clicked), {
    kind: 'event',
    event: { event: 'Custom_VIP', event_time: received, event_id: 'e1', user },
  }),
  example('an event without a name at TikTok', sampleConversion({ event: 'Deposit' }, clicked), {
    kind: 'suppressed',
    why: 'event_unmapped',
  }),
  example('consent denied', sampleConversion({ consent: { ad_user_data: false, ad_personalization: null } }, clicked), {
    kind: 'suppressed',
    why: 'no_consent',
  }),
  example('a test event without a test code', sampleConversion({ test: true }, clicked), { kind: 'suppressed', why: 'test' }),
  example('a country alone matches nobody', sampleConversion({ country: 'US' }), {
    kind: 'failed',
    why: 'missing_identifiers',
    detail: 'TikTok needs a ttclid, a ttp, a hashed email, phone or external id, or an address with its user agent.',
  }),
]
