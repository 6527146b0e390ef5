import { defineDialect } from '../definition.ts'
import { withCommon } from '../generic/index.ts'

const event = (name: string) => ({ event: name, conversion_status: null })

/** Postbacks to ad networks bear the names the network asks for; the Push API has names of its own, in a query or as JSON, with
 *  times as `yyyy-mm-dd hh:mm:ss.sss` in UTC. Words: the predefined in-app events, `af_...`.
 *  https://support.appsflyer.com/hc/en-us/articles/207034356-Using-Push-API-V2-0-real-time-raw-data */
export const appsflyer = defineDialect({
  id: 'appsflyer',
  docs: 'https://support.appsflyer.com/hc/en-us/articles/4413892641681-Base-postback-specification-for-ad-networks-',
  signature: { all: ['appsflyer_id'], any: ['appsflyer_id'] },
  aliases: withCommon({
    click_id: ['clickid'],
    event: ['event_name'],
    value: ['event_revenue'],
    currency: ['event_revenue_currency'],
    external_id: ['customer_user_id'],
    madid: ['advertising_id', 'gaid', 'idfa', 'oaid'],
    locale: ['language'],
    custom_data: ['event_value'],
    'app.id': ['app_id'],
    'app.os': ['platform'],
    'app.os_version': ['os_version'],
    'app.app_version': ['app_version'],
    sub1: ['af_sub1'],
    sub2: ['af_sub2'],
    sub3: ['af_sub3'],
    sub4: ['af_sub4'],
    sub5: ['af_sub5'],
  }),
  // https://dev.appsflyer.com/hc/docs/in-app-events-ios.md
  words: {
    install: event('App_Install'),
    af_purchase: event('Purchase'),
    af_complete_registration: event('SignUp'),
    af_add_to_cart: event('AddToCart'),
    af_add_to_wishlist: event('AddToWishlist'),
    af_add_payment_info: event('AddPaymentInfo'),
    af_initiated_checkout: event('InitiateCheckout'),
    af_content_view: event('ViewContent'),
    af_search: event('Search'),
    af_subscribe: event('Subscribe'),
    af_start_trial: event('StartTrial'),
  },
  wordLists: {},
  decimal: '.',
  macros: {
    click_id: '{clickid}',
    event: '{event_name}',
    value: '{event_revenue}',
    currency: '{event_revenue_currency}',
    event_time: '{event_time}',
  },
  // AppsFlyer's people set the postback up from what is sent to them; older integrations have macros in parentheses, `(idfa)`.
  // Of the macros of in-app events only the names were read, not their brackets.
  template: {
    params: [
      ['click_id', '{clickid}'],
      ['event_name', '{event_name}'],
      ['event_revenue', '{event_revenue}'],
      ['event_revenue_currency', '{event_revenue_currency}'],
      ['event_time', '{event_time}'],
    ],
    verified: null,
    docs: 'https://support.appsflyer.com/hc/en-us/articles/4413892641681-Base-postback-specification-for-ad-networks-',
  },
})
