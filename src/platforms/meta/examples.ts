import type { PlatformExample, Target } from '../definition.ts'
import { DAY_MS, HOUR_MS } from '../facts.ts'
import { CLICKED_AT_MS, HASHES, NOW_MS, RECEIVED_AT_MS, sampleConversion } from '../samples.ts'
import type { Credentials, Settings } from './index.ts'

const target: Target<Settings, Credentials> = {
  settings: { pixel_id: '123456789012345' },
  credentials: { access_token: 'EAAexample' },
  eventMap: {},
  testCode: null,
  hosts: { api: 'https://graph.facebook.com' },
}

type Example = PlatformExample<Settings, Credentials>
const example = (
  name: string,
  conversion: Example['conversion'],
  prepared: Example['prepared'],
  given: Partial<Example['target']> = {},
): Example => ({ name, conversion, prepared, target: { ...target, ...given }, nowMs: NOW_MS })

const received = Math.floor(RECEIVED_AT_MS / 1_000)
const browser = { client_ip: '2001:db8::1', client_user_agent: 'Mozilla/5.0' }
const clicked = { fbclid: 'IwAR2F4-dbP0l7', ...browser }
const builtFbc = `fb.1.${CLICKED_AT_MS}.IwAR2F4-dbP0l7`

export const examples: readonly Example[] = [
  example(
    'a Purchase with everything known of the person',
    sampleConversion(
      {
        transaction_id: 't-1',
        event_time: NOW_MS - HOUR_MS,
        event_source_url: 'https://example.com/thanks',
        user: {
          email: HASHES.email,
          phone_digits: HASHES.phone_digits,
          first_name: HASHES.first_name,
          birth_date: HASHES.birth_date,
          country: HASHES.country,
          external_id: HASHES.email,
        },
        items: [{ id: 'sku-1', name: 'Shoe', quantity: 2, price: '6.17', category: null, brand: null }],
      },
      { ...clicked, fbc: 'fb.2.1763500000000.IwAR2F4-dbP0l7.Bg', fbp: 'fb.1.1763500000000.1116446470' },
    ),
    {
      kind: 'event',
      event: {
        event_name: 'Purchase',
        event_time: (NOW_MS - HOUR_MS) / 1_000,
        event_id: 'e1',
        action_source: 'website',
        event_source_url: 'https://example.com/thanks',
        user_data: {
          em: [HASHES.email],
          ph: [HASHES.phone_digits],
          fn: [HASHES.first_name],
          db: [HASHES.birth_date],
          country: [HASHES.country],
          external_id: [HASHES.email],
          client_ip_address: '2001:db8::1',
          client_user_agent: 'Mozilla/5.0',
          fbc: 'fb.2.1763500000000.IwAR2F4-dbP0l7.Bg',
          fbp: 'fb.1.1763500000000.1116446470',
        },
        custom_data: {
          value: 12.34,
          currency: 'USD',
          contents: [{ id: 'sku-1', quantity: 2, item_price: 6.17 }],
          content_ids: ['sku-1'],
          content_type: 'product',
          order_id: 't-1',
        },
      },
    },
  ),
  example(
    'a Lead whose fbc is built from the time of the click',
    sampleConversion({ event: 'Lead', value: null, currency: null }, clicked),
    {
      kind: 'event',
      event: {
        event_name: 'Lead',
        event_time: received,
        event_id: 'e1',
        action_source: 'website',
        user_data: { client_ip_address: '2001:db8::1', client_user_agent: 'Mozilla/5.0', fbc: builtFbc },
      },
    },
  ),
  example('a SignUp by an fbclid sent inline', sampleConversion({ event: 'SignUp', fbclid: 'IwAR9', value: null }, null), {
    kind: 'event',
    event: {
      event_name: 'CompleteRegistration',
      event_time: received,
      event_id: 'e1',
      action_source: 'website',
      user_data: { fbc: `fb.1.${RECEIVED_AT_MS}.IwAR9` },
    },
  }),
  example(
    'a Subscribe with limited data use, dated ahead of our clock',
    sampleConversion({ event: 'Subscribe', limited_data_use: true, event_time: NOW_MS + HOUR_MS }, clicked),
    {
      kind: 'event',
      event: {
        event_name: 'Subscribe',
        event_time: received,
        event_id: 'e1',
        action_source: 'website',
        user_data: { client_ip_address: '2001:db8::1', client_user_agent: 'Mozilla/5.0', fbc: builtFbc },
        custom_data: { value: 12.34, currency: 'USD' },
        data_processing_options: ['LDU'],
        data_processing_options_country: 0,
        data_processing_options_state: 0,
      },
    },
  ),
  example('an own event keeps its whole name', sampleConversion({ event: 'Custom_VIP', value: null }, { fbclid: 'IwAR2F4-dbP0l7' }), {
    kind: 'event',
    event: {
      event_name: 'Custom_VIP',
      event_time: received,
      event_id: 'e1',
      action_source: 'website',
      user_data: { fbc: builtFbc },
    },
  }),
  example(
    'a malformed fbc is not sent, since it costs the batch',
    sampleConversion({ event: 'Lead', value: null, fbc: '{fbc}' }, { fbclid: 'IwAR2F4-dbP0l7' }),
    {
      kind: 'event',
      event: {
        event_name: 'Lead',
        event_time: received,
        event_id: 'e1',
        action_source: 'website',
        user_data: { fbc: builtFbc },
      },
    },
  ),
  example(
    'an app event with all that Meta needs of the device',
    sampleConversion(
      {
        event: 'Lead',
        value: null,
        action_source: 'app',
        madid: '38400000-8cf0-11bd-b23e-10b96e40000d',
        app: {
          id: 'com.example',
          os: 'android',
          os_version: '15',
          app_version: '1.0',
          tracking_enabled: true,
          extinfo: Array(16).fill('a2'),
        },
      },
      null,
    ),
    {
      kind: 'event',
      event: {
        event_name: 'Lead',
        event_time: received,
        event_id: 'e1',
        action_source: 'app',
        user_data: { madid: '38400000-8cf0-11bd-b23e-10b96e40000d' },
        app_data: { advertiser_tracking_enabled: 1, application_tracking_enabled: 1, extinfo: Array(16).fill('a2') },
      },
    },
  ),
  example(
    "the destination's own name for an event",
    sampleConversion({ event: 'Lead', value: null }, { fbclid: 'IwAR2F4-dbP0l7' }),
    {
      kind: 'event',
      event: { event_name: 'Contact', event_time: received, event_id: 'e1', action_source: 'website', user_data: { fbc: builtFbc } },
    },
    { eventMap: { Lead: 'Contact' } },
  ),
  example(
    'an event the destination leaves out',
    sampleConversion({ event: 'Lead' }, clicked),
    { kind: 'suppressed', why: 'event_unmapped' },
    { eventMap: { Lead: null } },
  ),
  example('an event without a name at Meta', sampleConversion({ event: 'App_Install' }, clicked), {
    kind: 'suppressed',
    why: 'event_unmapped',
  }),
  example('consent denied', sampleConversion({ consent: { ad_user_data: true, ad_personalization: false } }, clicked), {
    kind: 'suppressed',
    why: 'no_consent',
  }),
  example('a test event without a test code', sampleConversion({ test: true }, clicked), { kind: 'suppressed', why: 'test' }),
  example('a Purchase without a value', sampleConversion({ value: null }, clicked), {
    kind: 'failed',
    why: 'missing_value',
    detail: 'Meta refuses a Purchase without value and currency.',
  }),
  example(
    'country and user agent alone match nobody',
    sampleConversion({ user: { country: HASHES.country } }, { client_user_agent: 'Mozilla/5.0' }),
    { kind: 'failed', why: 'missing_identifiers', detail: 'Meta cannot match by country, client_user_agent alone.' },
  ),
  example('older than seven days', sampleConversion({ event_time: NOW_MS - 7 * DAY_MS - 1 }, clicked), {
    kind: 'expired',
    why: 'too_old',
    detail: 'Meta takes events of the last 7 days.',
  }),
]
