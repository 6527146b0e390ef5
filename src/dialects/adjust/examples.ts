import type { DialectExample } from '../example.ts'

const EVENT = 'https://help.adjust.com/en/article/event-callbacks'
const INSTALL = 'https://help.adjust.com/en/article/install-callbacks'
const REVENUE = 'https://help.adjust.com/en/article/ad-revenue-callbacks'
const GLOBAL = 'https://help.adjust.com/en/article/global-callbacks'
const GAID = '38400000-8cf0-11bd-b23e-10b96e40000d'

export const examples: readonly DialectExample[] = [
  {
    name: 'our template, filled; what has no value was dropped by Adjust',
    docs: EVENT,
    query: `click_id=0190-abc&activity_kind=event&event_name=purchase&revenue_float=3.99&currency=usd&created_at=1404214665&gps_adid=${GAID}`,
    reading: {
      event: 'Purchase',
      raw_event: 'purchase',
      raw_status: 'event',
      value: '3.99',
      currency: 'USD',
      click_id: '0190-abc',
      event_time: 1_404_214_665_000,
      madid: GAID,
    },
  },
  {
    name: 'the example of its event callback, recognised without being told; its event has no meaning here yet',
    docs: EVENT,
    query: `gps_adid=${GAID}&adid=18546f6171f67e29d1cb983322ad1329&tracker_token=abc123&tracker_name=Network1%253A%253AChristmas&app_name=MyApp&activity_kind=event&created_at=1404214665&event_token=bkrfgq&event_name=purchase_100_coins`,
    rules: { tracker: 'generic' },
    reading: { raw_event: 'purchase_100_coins', raw_status: 'event', event_time: 1_404_214_665_000, madid: GAID },
    unread: {
      adid: '18546f6171f67e29d1cb983322ad1329',
      tracker_token: '[secret]',
      tracker_name: 'Network1%3A%3AChristmas',
      app_name: 'MyApp',
      event_token: '[secret]',
    },
    warnings: ['event_unknown', 'no_click_id'],
    quarantined: 'status_unmapped',
  },
  {
    name: 'an install, by POST as integrated networks get it',
    docs: INSTALL,
    query: '',
    body: {
      type: 'application/x-www-form-urlencoded',
      text: 'click_id=0190-abc&activity_kind=install&installed_at=1404214634&created_at=1404214634&idfa=8C6CBC0D-5F43-4765-A6E6-84DFF3D24707&os_name=ios',
    },
    reading: {
      event: 'App_Install',
      raw_status: 'install',
      click_id: '0190-abc',
      event_time: 1_404_214_634_000,
      madid: '8C6CBC0D-5F43-4765-A6E6-84DFF3D24707',
      app: { id: null, os: 'ios', os_version: null, app_version: null, tracking_enabled: null, extinfo: [] },
    },
    unread: { installed_at: '1404214634' },
  },
  {
    name: 'a revenue in cents',
    docs: REVENUE,
    query: 'click_id=0190-abc&activity_kind=event&event_name=Subscribe&revenue=345&currency=usd',
    reading: { event: 'Subscribe', raw_event: 'Subscribe', raw_status: 'event', value: '3.45', currency: 'USD', click_id: '0190-abc' },
  },
  {
    name: 'a revenue in whole units where the cents should be',
    docs: REVENUE,
    query: 'click_id=0190-abc&activity_kind=event&event_name=Purchase&revenue=3.99&currency=usd',
    reading: { event: 'Purchase', raw_event: 'Purchase', raw_status: 'event', value: '3.99', currency: 'USD', click_id: '0190-abc' },
    warnings: ['value_unit'],
  },
  {
    name: 'a session of the global callback is kept, and is no conversion',
    docs: GLOBAL,
    query: `click_id=0190-abc&activity_kind=session&gps_adid=${GAID}`,
    reading: { raw_status: 'session', click_id: '0190-abc', madid: GAID },
    warnings: ['status_unmapped'],
    quarantined: 'status_unmapped',
  },
]
