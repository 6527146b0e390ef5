import type { DialectExample } from '../example.ts'

const SPECIFICATION = 'https://appmetrica.yandex.com/docs/en/mobile-tracking/postback-specification'
const GAID = '38400000-8cf0-11bd-b23e-10b96e40000d'

export const examples: readonly DialectExample[] = [
  {
    name: 'our template, filled; the id of the other system is empty',
    docs: SPECIFICATION,
    query: `click_id=123456789&event=Purchase&transaction_id=t1&price=4.99&currency=USD&conversion_timestamp=1790000000&google_aid=${GAID}&ios_ifa=`,
    reading: {
      event: 'Purchase',
      raw_event: 'Purchase',
      value: '4.99',
      currency: 'USD',
      click_id: '123456789',
      transaction_id: 't1',
      event_time: 1_790_000_000_000,
      madid: GAID,
    },
    unread: { ios_ifa: '' },
  },
  {
    name: 'the same macros in a JSON body, recognised without being told',
    docs: SPECIFICATION,
    query: '',
    body: {
      type: 'application/json',
      text: JSON.stringify({
        click_id: '0190-abc',
        appmetrica_device_id: '18446744073709551615',
        conversion_event_name: 'registration',
        conversion_event_json: '{"plan":"gold"}',
        conversion_datetime: '2026-10-30T10:11:12Z',
        transaction_id: 't2',
        os_name: 'ios',
        os_version: '18.1',
        app_package_name: 'ru.yandex.metro',
        app_version_name: '2.0',
        install_ipv6: '::ffff:5.255.232.147',
      }),
    },
    rules: { tracker: 'generic' },
    reading: {
      event: 'SignUp',
      raw_event: 'registration',
      click_id: '0190-abc',
      transaction_id: 't2',
      event_time: Date.UTC(2026, 9, 30, 10, 11, 12),
      client_ip: '::ffff:5.255.232.147',
      custom_data: '{"plan":"gold"}',
      app: { id: 'ru.yandex.metro', os: 'ios', os_version: '18.1', app_version: '2.0', tracking_enabled: null, extinfo: [] },
    },
    unread: { appmetrica_device_id: '18446744073709551615' },
  },
  {
    name: 'an install',
    docs: SPECIFICATION,
    query: `click_id=0190-abc&event=install&match_type=referrer&conversion_timestamp=1790000000`,
    reading: { event: 'App_Install', raw_event: 'install', click_id: '0190-abc', event_time: 1_790_000_000_000 },
    unread: { match_type: 'referrer' },
  },
  {
    name: 'an e-commerce event by its number',
    docs: SPECIFICATION,
    query: 'click_id=0190-abc&ecom_type=4&ecom_product_name=Shoes&price=30&currency=EUR',
    reading: { event: 'AddToCart', raw_event: '4', value: '30', currency: 'EUR', click_id: '0190-abc' },
    unread: { ecom_product_name: 'Shoes' },
  },
  {
    name: 'a number of theirs that is no event of ours is kept',
    docs: SPECIFICATION,
    query: 'click_id=0190-abc&ecom_type=5',
    reading: { raw_event: '5', click_id: '0190-abc' },
    warnings: ['event_unknown'],
    quarantined: 'status_unmapped',
  },
  {
    name: 'an order of the shop with the revenue of all of it',
    docs: SPECIFICATION,
    query: 'click_id=0190-abc&ecom_type=7&ecom_revenue=1%20234.50&currency=RUB&order_id=A-9',
    reading: { event: 'Purchase', raw_event: '7', value: '1234.50', currency: 'RUB', click_id: '0190-abc', transaction_id: 'A-9' },
  },
]
