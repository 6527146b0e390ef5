import { defineDialect } from '../definition.ts'
import { withCommon } from '../generic/index.ts'

const event = (name: string) => ({ event: name, conversion_status: null })

/** The network's click id comes back through `{cl?NetworkName}`, where the name under which Singular knows the network stands for
 *  NetworkName. A macro of the currency was read on no page, so the source's default counts. `__REVENUE__` is told of every
 *  revenue once more, so it is nobody's purchase here.
 *  https://support.singular.net/hc/en-us/articles/115004063323-Postback-Macros-and-Passthrough-Parameters-for-Ad-Networks */
export const singular = defineDialect({
  id: 'singular',
  docs: 'https://support.singular.net/hc/en-us/articles/115004063323-Postback-Macros-and-Passthrough-Parameters-for-Ad-Networks',
  signature: { all: ['cl_id'], any: ['event', 'app_id', 'amount', 'timestamp'] },
  aliases: withCommon({
    click_id: ['cl_id', 'cl'],
    madid: ['aifa', 'idfa', 'gaid'],
    'app.id': ['app_id'],
  }),
  // https://support.singular.net/hc/en-us/articles/360002585151-Built-In-Events and
  // https://support.singular.net/hc/en-us/articles/7648172966299
  words: {
    __start__: event('App_Install'),
    __iap__: event('Purchase'),
    sng_ecommerce_purchase: event('Purchase'),
    sng_complete_registration: event('SignUp'),
    sng_add_to_cart: event('AddToCart'),
    sng_add_to_wishlist: event('AddToWishlist'),
    sng_add_payment_info: event('AddPaymentInfo'),
    sng_checkout_initiated: event('InitiateCheckout'),
    sng_content_view: event('ViewContent'),
    sng_subscribe: event('Subscribe'),
    sng_start_trial: event('StartTrial'),
    sng_submit_application: event('SubmitApplication'),
  },
  wordLists: {},
  decimal: '.',
  macros: {
    click_id: '{cl?NetworkName}',
    event: '{EVTNAME}',
    value: '{AMOUNT}',
    event_time: '{UTCM}',
    client_ip: '{EVENT_IP}',
  },
  template: {
    params: [
      ['click_id', '{cl?NetworkName}'],
      ['event', '{EVTNAME}'],
      ['amount', '{AMOUNT}'],
      ['timestamp', '{UTCM}'],
      ['ip', '{EVENT_IP}'],
    ],
    verified: '2026-11-26',
    docs: 'https://support.singular.net/hc/en-us/articles/115004063323-Postback-Macros-and-Passthrough-Parameters-for-Ad-Networks',
  },
})
