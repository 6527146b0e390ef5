import type { DialectExample } from '../example.ts'

const BASE = 'https://support.appsflyer.com/hc/en-us/articles/4413892641681-Base-postback-specification-for-ad-networks-'
const MACROS = 'https://support.appsflyer.com/hc/en-us/articles/207273946-Postback-macros-for-ad-networks'
const ANALYTICS = 'https://support.appsflyer.com/hc/en-us/articles/360016751637-Postback-macros-for-analytics-partners'
const PUSH = 'https://support.appsflyer.com/hc/en-us/articles/207034356-Using-Push-API-V2-0-real-time-raw-data'
const GAID = '38400000-8cf0-11bd-b23e-10b96e40000d'

export const examples: readonly DialectExample[] = [
  {
    name: 'our template, filled',
    docs: ANALYTICS,
    query: 'click_id=0190-abc&event_name=af_purchase&event_revenue=9.99&event_revenue_currency=EUR&event_time=2026-10-30%2010:11:12.345',
    reading: {
      event: 'Purchase',
      raw_event: 'af_purchase',
      value: '9.99',
      currency: 'EUR',
      click_id: '0190-abc',
      event_time: Date.UTC(2026, 9, 30, 10, 11, 12, 345),
    },
  },
  {
    name: 'an install by the template of the base specification',
    docs: BASE,
    query: `clickid=0190-abc&affiliate_id=77&advertising_id=${GAID}&country=DE&AppName=Shop&event=install`,
    reading: { event: 'App_Install', raw_event: 'install', click_id: '0190-abc', madid: GAID, country: 'DE' },
    user: ['country'],
    unread: { affiliate_id: '77', AppName: 'Shop' },
  },
  {
    name: 'a message of the Push API as JSON, recognised without being told; null is nothing',
    docs: PUSH,
    query: '',
    body: {
      type: 'application/json',
      text: JSON.stringify({
        appsflyer_id: '1415211453000-6513894',
        event_name: 'af_complete_registration',
        event_time: '2026-10-30 10:11:12.345',
        event_value: '{"af_registration_method":"mail"}',
        event_revenue: null,
        event_revenue_currency: 'USD',
        idfa: null,
        advertising_id: GAID,
        platform: 'android',
        app_id: 'com.example.shop',
        app_version: '1.2.3',
        os_version: '14',
        af_sub1: '0190-abc',
        ip: '203.0.113.7',
      }),
    },
    rules: { tracker: 'generic' },
    reading: {
      event: 'SignUp',
      raw_event: 'af_complete_registration',
      currency: 'USD',
      event_time: Date.UTC(2026, 9, 30, 10, 11, 12, 345),
      madid: GAID,
      client_ip: '203.0.113.7',
      app: { id: 'com.example.shop', os: 'android', os_version: '14', app_version: '1.2.3', tracking_enabled: null, extinfo: [] },
      subs: { sub1: '0190-abc' },
      custom_data: '{"af_registration_method":"mail"}',
    },
    unread: { appsflyer_id: '1415211453000-6513894' },
    warnings: ['no_click_id'],
  },
  {
    name: 'the same API over GET',
    docs: PUSH,
    query:
      'appsflyer_id=14152-65&event_name=install&event_time=2026-10-30%2010:11:12.345&idfa=8C6CBC0D-5F43-4765-A6E6-84DFF3D24707&clickid=a1',
    rules: { tracker: 'generic' },
    reading: {
      event: 'App_Install',
      raw_event: 'install',
      event_time: Date.UTC(2026, 9, 30, 10, 11, 12, 345),
      click_id: 'a1',
      madid: '8C6CBC0D-5F43-4765-A6E6-84DFF3D24707',
    },
    unread: { appsflyer_id: '14152-65' },
  },
  {
    name: 'an older macro in parentheses that nothing replaced',
    docs: MACROS,
    query: 'click_id=a1&event_name=af_subscribe&idfa=(idfa)',
    reading: { event: 'Subscribe', raw_event: 'af_subscribe', click_id: 'a1' },
    warnings: ['macro_unreplaced'],
  },
  {
    name: "an event of the advertiser's own is kept for the map",
    docs: ANALYTICS,
    query: 'clickid=a1&event_name=level_10&ip=203.0.113.7',
    reading: { raw_event: 'level_10', click_id: 'a1', client_ip: '203.0.113.7' },
    warnings: ['event_unknown'],
    quarantined: 'status_unmapped',
  },
]
