import type { DialectExample } from '../example.ts'

const MACROS = 'https://support.singular.net/hc/en-us/articles/115004063323-Postback-Macros-and-Passthrough-Parameters-for-Ad-Networks'
const BUILT_IN = 'https://support.singular.net/hc/en-us/articles/360002585151-Built-In-Events'
const STANDARD = 'https://support.singular.net/hc/en-us/articles/7648172966299'
const TRACKIER = 'https://help.trackier.com/support/solutions/articles/31000155036-singular-trackier-integration'
const AIFA = '38400000-8cf0-11bd-b23e-10b96e40000d'
const app = (id: string) => ({ id, os: null, os_version: null, app_version: null, tracking_enabled: null, extinfo: [] })

export const examples: readonly DialectExample[] = [
  {
    name: 'our template, filled; its time is in milliseconds',
    docs: MACROS,
    query: 'click_id=0190-abc&event=sng_ecommerce_purchase&amount=12.5&timestamp=1790000000123&ip=203.0.113.7',
    rules: { default_currency: 'USD' },
    reading: {
      event: 'Purchase',
      raw_event: 'sng_ecommerce_purchase',
      value: '12.5',
      currency: 'USD',
      click_id: '0190-abc',
      event_time: 1_790_000_000_123,
      client_ip: '203.0.113.7',
    },
  },
  {
    name: 'the example of its own page, recognised without being told',
    docs: MACROS,
    query: 'cl_id=0190-abc&app_id=com.example.shop&ip=203.0.113.7&amount=4&event=sng_subscribe&timestamp=1790000000123',
    rules: { tracker: 'generic', default_currency: 'EUR' },
    reading: {
      event: 'Subscribe',
      raw_event: 'sng_subscribe',
      value: '4',
      currency: 'EUR',
      click_id: '0190-abc',
      event_time: 1_790_000_000_123,
      client_ip: '203.0.113.7',
      app: app('com.example.shop'),
    },
  },
  {
    name: 'that example with two of its macros left in place, in two kinds of brackets',
    docs: MACROS,
    query: 'cl_id={cl?NetworkName}&app_id={{app_id}}&event=__iap__&amount=4',
    rules: { default_currency: 'USD' },
    reading: { event: 'Purchase', raw_event: '__iap__', value: '4', currency: 'USD' },
    warnings: ['macro_unreplaced', 'macro_unreplaced'],
    clickIdFault: 'macro_unreplaced',
  },
  {
    name: 'an install',
    docs: BUILT_IN,
    query: 'cl_id=0190-abc&event=__START__',
    reading: { event: 'App_Install', raw_event: '__START__', click_id: '0190-abc' },
  },
  {
    name: 'a revenue that is told once more is kept, and is no purchase',
    docs: BUILT_IN,
    query: 'cl_id=0190-abc&event=__REVENUE__&amount=4',
    rules: { default_currency: 'USD' },
    reading: { raw_event: '__REVENUE__', value: '4', currency: 'USD', click_id: '0190-abc' },
    warnings: ['event_unknown'],
    quarantined: 'status_unmapped',
  },
  {
    name: 'a registration with a device id and none of the other kind, under the names of a network',
    docs: TRACKIER,
    query: `click_id=0190-abc&security_token=x&idfa=&gaid=${AIFA}&goal=sng_complete_registration`,
    reading: { event: 'SignUp', raw_event: 'sng_complete_registration', click_id: '0190-abc', madid: AIFA },
    unread: { security_token: '[secret]', idfa: '' },
  },
  {
    name: 'a checkout of its list of standard events',
    docs: STANDARD,
    query: 'cl_id=0190-abc&event=sng_checkout_initiated',
    reading: { event: 'InitiateCheckout', raw_event: 'sng_checkout_initiated', click_id: '0190-abc' },
  },
]
