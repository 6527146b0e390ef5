import type { DialectExample } from '../example.ts'

const PARTNER = 'https://support.tune.com/hc/en-us/articles/1500008248741-Passing-Values-to-a-Partner-Conversion-URL'
const FROM_AFFISE = 'https://affise.zendesk.com/hc/en-us/articles/115002004069-Affise-Tune-HasOffers-'
const SERVER_POSTBACK = 'https://docs.dataflysignal.com/integrations/attribution/tune'
const CLICK = '102a7f3c9e1b5d8f6420ab13cd57ef'

export const examples: readonly DialectExample[] = [
  {
    name: 'our template, filled',
    docs: PARTNER,
    query: `click_id=0190-abc&payout=7.50&transaction_id=${CLICK}`,
    rules: { default_currency: 'USD' },
    reading: { event: 'Purchase', value: '7.50', currency: 'USD', click_id: '0190-abc', transaction_id: CLICK },
  },
  {
    name: "a partner's session id goes back to it",
    docs: PARTNER,
    query: 'aff_click_id=AFFSESSIONID&payout=2',
    rules: { default_currency: 'USD' },
    reading: { event: 'Purchase', value: '2', currency: 'USD', click_id: 'AFFSESSIONID' },
  },
  {
    name: 'the transaction is the click where nothing else names one',
    docs: FROM_AFFISE,
    query: `transaction_id=${CLICK}`,
    reading: { event: 'Purchase', click_id: CLICK },
  },
  {
    name: "the parameters of TUNE's own receiver, recognised without being told; its token is a secret",
    docs: SERVER_POSTBACK,
    query: `offer_id=1001&transaction_id=${CLICK}&amount=19.99&adv_sub=order-5&security_token=s3cret`,
    rules: { tracker: 'generic', default_currency: 'EUR' },
    reading: { event: 'Purchase', value: '19.99', currency: 'EUR', click_id: CLICK },
    unread: { offer_id: '1001', adv_sub: 'order-5', security_token: '[secret]' },
  },
  {
    name: 'a goal by its number waits for the map of the source',
    docs: PARTNER,
    query: `aff_sub=0190-abc&goal_id=12&payout=1`,
    rules: { default_currency: 'USD' },
    reading: { raw_event: '12', value: '1', currency: 'USD', click_id: '0190-abc' },
    warnings: ['event_unknown'],
    quarantined: 'status_unmapped',
  },
  {
    name: 'a goal that the source has named, and the further sub ids of the partner',
    docs: PARTNER,
    query: `aff_sub=0190-abc&goal_id=12&aff_sub2=blue&aff_sub5=top`,
    rules: { status_map: { 'event:12': { event: 'SignUp', conversion_status: null } } },
    reading: { event: 'SignUp', raw_event: '12', click_id: '0190-abc', subs: { sub2: 'blue', sub5: 'top' } },
  },
]
