import type { DialectExample } from '../example.ts'

const OFFER = 'https://help-center.peerclick.com/en/articles/10512589'
const OFFER_SOURCE = 'https://help-center.peerclick.com/en/articles/10512786'
const PARAMETERS = 'https://help.peerclick.com/v1.0/docs/cid-payout-and-txid-in-postback-urls'
const SALE = { event: 'Purchase', conversion_status: 'approved' } as const

export const examples: readonly DialectExample[] = [
  {
    name: 'our template, filled: a plain postback is a conversion',
    docs: 'https://help-center.peerclick.com/en/articles/10587872-set-a-traffic-channel-postback-url',
    query: 'click_id=pc-1',
    reading: { ...SALE, click_id: 'pc-1' },
  },
  {
    name: "the parameters of PeerClick's own receiver, recognised without being told",
    docs: OFFER,
    query: 'cid=pc-1&payout=3.5&status=approved&txid=t1&currency=USD&param1=blue&event1=2',
    rules: { tracker: 'generic' },
    reading: {
      ...SALE,
      raw_status: 'approved',
      value: '3.5',
      currency: 'USD',
      click_id: 'pc-1',
      transaction_id: 't1',
      subs: { sub1: 'blue' },
    },
    unread: { event1: '2' },
  },
  {
    name: 'a custom event by number, and nothing else',
    docs: OFFER_SOURCE,
    query: 'cid=pc-1&event1=5',
    reading: { ...SALE, click_id: 'pc-1' },
    unread: { event1: '5' },
  },
  {
    name: 'a conversion id of its own stands in for a transaction id',
    docs: OFFER,
    query: 'cid=pc-1&payout=3&currency=EUR&status=rejected&conversion_id=c-7',
    reading: {
      event: 'Purchase',
      conversion_status: 'rejected',
      raw_status: 'rejected',
      value: '3',
      currency: 'EUR',
      click_id: 'pc-1',
      transaction_id: 'c-7',
    },
  },
  {
    name: 'cid, payout and txid',
    docs: PARAMETERS,
    query: 'cid=pc-1&payout=0.40&txid=t2',
    rules: { default_currency: 'USD' },
    reading: { ...SALE, value: '0.40', currency: 'USD', click_id: 'pc-1', transaction_id: 't2' },
  },
  {
    name: 'a word of a network in the status',
    docs: 'https://help.peerclick.com/docs/postback-url-secure-postback-url',
    query: 'cid=pc-1&payout=1&status=registration&txid=t3',
    rules: { default_currency: 'USD' },
    reading: { event: 'SignUp', raw_status: 'registration', value: '1', currency: 'USD', click_id: 'pc-1', transaction_id: 't3' },
  },
  {
    name: 'the macro of an older page, not replaced',
    docs: 'https://help.peerclick.com/docs/traffic-source-postback-url',
    query: 'click_id={external_id}',
    reading: SALE,
    warnings: ['macro_unreplaced'],
    clickIdFault: 'macro_unreplaced',
  },
]
