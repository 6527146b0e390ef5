import { defineDialect, type Field } from '../definition.ts'

/** Names that mean the same wherever they are used: what networks, shops and trackers write most.
 *  Counted from 395 shipped network templates, the documents of 15 trackers and the corpus in `test/contract/dialect-corpus`.
 *  Left out for what else they mean: `uid` and `user_id` (a person), `name`, `data`, `key`, `r`, `id`. */
const COMMON_ALIASES: Partial<Record<Field, readonly string[]>> = {
  click_id: [
    'clickid',
    'click-id',
    'cid',
    'subid',
    'sub_id',
    'aff_sub',
    'aff_click_id',
    'cf_click_id',
    'cnv_id',
    'externalid',
    'hit',
    'tscode',
    'visitor_id', // PropellerAds, Clickadu
    'subid_short', // Adsterra
    'trackingid', // MediaGo
    'click',
  ],
  event: [
    'event_name',
    'et',
    'event_type',
    'goal',
    'goal_name',
    'goal_alias',
    'goal_value', // Trackier: the name of the goal
    'conversion_type',
    'conversiontype',
    'goal_type',
    'ct',
    'type',
  ],
  event_id: ['eventid'],
  transaction_id: [
    'txid',
    'tid',
    'transactionid',
    'txn_id',
    'tx_id',
    'tx',
    'order_id',
    'orderid',
    'conversion_id',
    'action_id',
    'transaction',
    'trans_id',
    'transid',
    'txn',
    'order',
    'xid',
  ],
  status: ['cnv_status', 'conv_status', 'conversionstatus', 'transaction_type'],
  value: [
    'payout',
    'revenue',
    'sum',
    'amount',
    'conversion_revenue',
    'payout_amount',
    'sale_amount',
    'order_total',
    'total',
    'price',
    'payment',
    'rev',
    'income',
    'profit',
    'cash',
    'money',
    'commission',
    'amt',
    'payment_sum', // Admitad
    'amount_affiliate', // Digistore24: after the affiliate's share, not the price
    'totalcost', // Post Affiliate Pro: what the order costs
    'conversionprice', // MediaGo
    'atpay', // Adsterra
    'usd_value', // Prodege
  ],
  currency: ['cur', 'curr', 'currency_code', 'cnv_currency', 'order_currency'],
  event_time: ['timestamp', 'time', 'datetime', 'conversion_time', 'date', 'ts'],
  event_source_url: ['page_url', 'source_url'],
  referrer: ['referer'],
  user_email: ['email', 'em', 'e-mail', 'mail'],
  user_phone: ['phone', 'ph', 'phone_number', 'mobile', 'msisdn'],
  first_name: ['fn', 'firstname'],
  last_name: ['ln', 'lastname', 'surname'],
  state: ['region'],
  zip: ['zipcode', 'zip_code', 'postal_code', 'postcode'],
  country: ['country_code', 'geo'],
  date_of_birth: ['dob', 'birthdate', 'birthday'],
  external_id: ['user_id', 'customer_id'],
  client_ip: ['ip', 'user_ip', 'userip', 'ip_address'],
  client_user_agent: ['user_agent', 'useragent', 'ua'],
  madid: ['idfa', 'gaid', 'aaid'],
  test: ['test_event', 'is_test'],
  custom_data: ['custom'],
  ...Object.fromEntries(
    Array.from({ length: 20 }, (_, index) => index + 1).map((n) => [
      `sub${n}`,
      [`sub_id_${n}`, `sub_id${n}`, `subid${n}`, `sub_${n}`, ...(n > 1 ? [`aff_sub${n}`] : [])],
    ]),
  ),
}

/** A tracker's own names, and after them the common ones that it gives no other meaning. */
export function withCommon(own: Partial<Record<Field, readonly string[]>>): Partial<Record<Field, readonly string[]>> {
  const taken = new Set(Object.values(own).flat())
  const fields = new Set([...Object.keys(own), ...Object.keys(COMMON_ALIASES)]) as Set<Field>
  return Object.fromEntries(
    [...fields].map((field) => [field, [...(own[field] ?? []), ...(COMMON_ALIASES[field] ?? []).filter((name) => !taken.has(name))]]),
  )
}

/** Everybody else: the canonical names, and the common ones. */
export const generic = defineDialect({
  id: 'generic',
  name: 'Any sender',
  docs: null,
  signature: null,
  aliases: COMMON_ALIASES,
  // The click for ClickBank, Everflow, Offer18 and Kuala; Keitaro, for whom it is the transaction, always sends `subid` too.
  clickIdElse: 'tid',
  words: {},
  wordLists: {},
  decimal: '.',
  macros: {
    event: '{event_name}',
    value: '{value}',
    currency: '{currency}',
    click_id: '{click_id}',
    user_email: '{user_email}',
    custom_data: '{custom_data}',
  },
  template: {
    params: [
      ['event', '{event_name}'],
      ['value', '{value}'],
      ['currency', '{currency}'],
      ['click_id', '{click_id}'],
      ['user_email', '{user_email}'],
      ['custom_data', '{custom_data}'],
    ],
    verified: null,
    docs: null,
  },
})
