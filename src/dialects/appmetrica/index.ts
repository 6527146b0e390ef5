import { defineDialect } from '../definition.ts'
import { withCommon } from '../generic/index.ts'

const event = (name: string) => ({ event: name, conversion_status: null })

/** `{click_id}` is AppMetrica's own; the id that our redirect handed in comes back under the parameter of the tracking URL that
 *  carried it, `{parameter_name}`. Every macro is also the name of its parameter here; one without a value comes empty. By POST
 *  the same macros stand in a JSON body. An install has no event name, so its postback says `event=App_Install`.
 *  https://appmetrica.yandex.com/docs/en/mobile-tracking/postback-specification */
export const appmetrica = defineDialect({
  id: 'appmetrica',
  docs: 'https://appmetrica.yandex.com/docs/en/mobile-tracking/postback-specification',
  signature: { all: ['appmetrica_device_id'], any: ['appmetrica_device_id', 'click_id'] },
  aliases: withCommon({
    event: ['conversion_event_name', 'ecom_type'],
    transaction_id: ['order_id', 'inapp_transaction_id'],
    value: ['price', 'ecom_revenue'],
    event_time: ['conversion_timestamp', 'conversion_datetime'],
    custom_data: ['conversion_event_json'],
    external_id: ['profile_id'],
    client_ip: ['install_ipv6', 'click_ipv6'],
    client_user_agent: ['click_user_agent'],
    locale: ['device_locale'],
    madid: ['google_aid', 'ios_ifa', 'oaid', 'windows_aid'],
    'app.id': ['app_package_name'],
    'app.os': ['os_name'],
    'app.os_version': ['os_version'],
    'app.app_version': ['app_version_name'],
  }),
  // The numbers of `{ecom_type}`; 1, 2 and 5 (a page, a list, out of the cart) are none of ours.
  words: {
    install: event('App_Install'),
    'event:3': event('ViewContent'),
    'event:4': event('AddToCart'),
    'event:6': event('InitiateCheckout'),
    'event:7': event('Purchase'),
  },
  wordLists: {},
  decimal: '.',
  macros: {
    click_id: '{click_id}',
    event: '{conversion_event_name}',
    transaction_id: '{transaction_id}',
    value: '{price}',
    currency: '{currency}',
    event_time: '{conversion_timestamp}',
    client_user_agent: '{click_user_agent}',
    locale: '{device_locale}',
  },
  template: {
    params: [
      ['click_id', '{click_id}'],
      ['event', '{conversion_event_name}'],
      ['transaction_id', '{transaction_id}'],
      ['price', '{price}'],
      ['currency', '{currency}'],
      ['conversion_timestamp', '{conversion_timestamp}'],
      ['google_aid', '{google_aid}'],
      ['ios_ifa', '{ios_ifa}'],
    ],
    verified: '2026-11-26',
    docs: 'https://appmetrica.yandex.com/docs/en/mobile-tracking/postback-specification',
  },
})
