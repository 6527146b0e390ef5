import type { DialectExample } from '../example.ts'

const PARAMETERS = 'https://help.clickflare.io/en/tracking/click-flare-parameters-in-postback-urls'
const SUBMITTING = 'https://help.clickflare.io/en/tracking/how-to-submit-an-s2s-postback-url-to-an-affiliate-network-in-clickflare'
const OVERVIEW = 'https://help.clickflare.io/en/getting-started-with-click-flare/how-conversion-tracking-works'
const SETTINGS = 'https://help.clickflare.io/en/settings/s2s-postback-ur-ls'
const SALE = { event: 'Purchase', conversion_status: 'approved' } as const
const USD = { default_currency: 'USD' } as const

export const examples: readonly DialectExample[] = [
  {
    name: 'our template, filled: a plain postback is a conversion',
    query: 'click_id=cf-1&value=10&transaction_id=t-9',
    rules: USD,
    reading: { ...SALE, value: '10', currency: 'USD', click_id: 'cf-1', transaction_id: 't-9' },
  },
  {
    name: 'the click id alone',
    docs: PARAMETERS,
    query: 'click_id=cf-1',
    reading: { ...SALE, click_id: 'cf-1' },
  },
  {
    name: 'the click id and the payout',
    docs: PARAMETERS,
    query: 'click_id=cf-1&payout=19.9',
    rules: USD,
    reading: { ...SALE, value: '19.9', currency: 'USD', click_id: 'cf-1' },
  },
  {
    name: 'an upsell by its transaction',
    docs: SETTINGS,
    query: 'cid=cf-1&payout=27&txid=order-2&ct=upsell',
    rules: { ...USD, tracker: 'generic' },
    reading: { ...SALE, raw_event: 'upsell', value: '27', currency: 'USD', click_id: 'cf-1', transaction_id: 'order-2' },
  },
  {
    name: 'a refund of its overview',
    docs: OVERVIEW,
    query: 'cid=cf-1&payout=27&txid=order-2&ct=refund',
    rules: USD,
    reading: {
      event: 'Purchase',
      conversion_status: 'refund',
      raw_event: 'refund',
      value: '27',
      currency: 'USD',
      click_id: 'cf-1',
      transaction_id: 'order-2',
    },
  },
  {
    name: 'a lead of its overview',
    docs: OVERVIEW,
    query: 'cid=cf-1&ct=lead',
    reading: { event: 'Lead', raw_event: 'lead', click_id: 'cf-1' },
  },
  {
    name: 'its sample with nothing replaced',
    docs: SUBMITTING,
    query: 'click_id=REPLACE&payout=OPTIONAL&txid=OPTIONAL',
    reading: SALE,
    warnings: ['macro_unreplaced', 'macro_unreplaced', 'macro_unreplaced'],
    clickIdFault: 'macro_unreplaced',
  },
  {
    name: "a network's macros left in its sample",
    docs: OVERVIEW,
    query: 'click_id=%23s2%23&payout=%23price%23',
    reading: SALE,
    warnings: ['macro_unreplaced', 'macro_unreplaced'],
    clickIdFault: 'macro_unreplaced',
  },
  {
    name: 'a trial of its overview',
    docs: OVERVIEW,
    query: 'cid=cf-1&payout=0&ct=trial',
    rules: USD,
    reading: { event: 'StartTrial', raw_event: 'trial', value: '0', currency: 'USD', click_id: 'cf-1' },
  },
  {
    name: 'a sale of its overview',
    docs: OVERVIEW,
    query: 'cid=cf-1&payout=9.5&ct=sale',
    rules: USD,
    reading: { event: 'Purchase', raw_event: 'sale', value: '9.5', currency: 'USD', click_id: 'cf-1' },
  },
]
