import type { DialectExample } from '../example.ts'

const ADVERTISER = 'https://helpdesk.everflow.io/customer/accessing-editing-s2s-postback-urls'
const MACROS = 'https://helpdesk.everflow.io/en/articles/6173403-a-guide-to-parameters-and-macros'
const SDK = 'https://developers.everflow.io/docs/everflow-sdk/conversion_tracking'
const CLICK = '56d75d3a4d6e433fb215698c056d0d58'

export const examples: readonly DialectExample[] = [
  {
    name: 'our template, filled',
    docs: MACROS,
    query: 'click_id=0190-abc&event=Lead&payout_amount=4.20',
    rules: { default_currency: 'USD' },
    reading: { event: 'Lead', raw_event: 'Lead', value: '4.20', currency: 'USD', click_id: '0190-abc' },
  },
  {
    name: 'the least that an advertiser sends, recognised without being told',
    docs: ADVERTISER,
    query: `nid=123&transaction_id=${CLICK}`,
    rules: { tracker: 'generic' },
    reading: { event: 'Purchase', click_id: CLICK },
    unread: { nid: '123' },
  },
  {
    name: 'an amount with a comma, which Everflow takes for $12.34',
    docs: ADVERTISER,
    query: `nid=123&transaction_id=${CLICK}&amount=12,34&adv1=blue&order_id=77`,
    rules: { tracker: 'generic', default_currency: 'USD' },
    reading: { event: 'Purchase', value: '12.34', currency: 'USD', click_id: CLICK, transaction_id: '77' },
    unread: { nid: '123', adv1: 'blue' },
  },
  {
    name: 'an event by its number, which only the source can name',
    docs: ADVERTISER,
    query: `nid=123&transaction_id=${CLICK}&event_id=5`,
    reading: { raw_event: '5', click_id: CLICK },
    unread: { nid: '123' },
    warnings: ['event_unknown'],
    quarantined: 'status_unmapped',
  },
  {
    name: 'the same event, named by the map of the source',
    docs: ADVERTISER,
    query: `nid=123&transaction_id=${CLICK}&event_id=5`,
    rules: { status_map: { 'event:5': { event: 'Deposit', conversion_status: 'approved' } } },
    reading: { event: 'Deposit', raw_event: '5', conversion_status: 'approved', click_id: CLICK },
    unread: { nid: '123' },
  },
  {
    name: 'what the SDK sends of a conversion, as JSON; token and coupon are not for us',
    docs: SDK,
    query: '',
    body: {
      type: 'application/json',
      text: JSON.stringify({
        offer_id: 1,
        transaction_id: CLICK,
        amount: 19.9,
        coupon_code: 'SPRING',
        order_id: 'A-7',
        email: 'jane@example.test',
        verification_token: 'abcdef',
      }),
    },
    rules: { default_currency: 'EUR' },
    reading: { event: 'Purchase', value: '19.9', currency: 'EUR', click_id: CLICK, transaction_id: 'A-7' },
    user: ['email', 'email_google'],
    unread: { offer_id: '1', coupon_code: 'SPRING', verification_token: '[secret]' },
  },
  {
    name: 'its own click id beside ours is the transaction',
    docs: MACROS,
    query: `click_id=0190-abc&transaction_id=${CLICK}&event=base&payout=3&currency=USD`,
    reading: { event: 'Purchase', raw_event: 'base', value: '3', currency: 'USD', click_id: '0190-abc', transaction_id: CLICK },
  },
  {
    name: 'a macro that was pasted as it is',
    docs: MACROS,
    query: 'click_id={sub1}&event=Lead',
    reading: { event: 'Lead', raw_event: 'Lead' },
    warnings: ['macro_unreplaced'],
    clickIdFault: 'macro_unreplaced',
  },
]
