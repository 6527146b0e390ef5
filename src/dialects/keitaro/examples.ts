import type { DialectExample } from '../example.ts'

const RECEIVING = 'https://docs.keitaro.io/en/conversions/postback.html'

export const examples: readonly DialectExample[] = [
  {
    name: 'our template, filled',
    query: 'click_id=51ts6sgr1cbkdhljnrv&value=10.5&currency=usd&status=sale&transaction_id=2',
    reading: {
      event: 'Purchase',
      conversion_status: 'approved',
      raw_status: 'sale',
      value: '10.5',
      currency: 'USD',
      click_id: '51ts6sgr1cbkdhljnrv',
      transaction_id: '2',
    },
  },
  {
    name: "the parameters of Keitaro's own receiver, recognised without being told",
    docs: RECEIVING,
    query: 'subid=51ts6sgr1cbkdhljnrv&status=lead&payout=10&currency=EUR&from=network',
    rules: { tracker: 'generic' },
    reading: {
      event: 'Lead',
      conversion_status: 'lead',
      raw_status: 'lead',
      value: '10',
      currency: 'EUR',
      click_id: '51ts6sgr1cbkdhljnrv',
    },
    unread: { from: 'network' },
  },
  {
    name: 'words listed in the URL',
    docs: RECEIVING,
    query: 'subid=a1&status=billed&payout=7&currency=usd&lead_status=reg,topup&sale_status=billed&rejected_status=canceled,fake',
    reading: { event: 'Purchase', conversion_status: 'approved', raw_status: 'billed', value: '7', currency: 'USD', click_id: 'a1' },
    unread: { lead_status: 'reg,topup', sale_status: 'billed', rejected_status: 'canceled,fake' },
  },
  {
    name: 'a rejected lead',
    query: 'subid=a1&status=rejected&tid=9',
    reading: { event: 'Purchase', conversion_status: 'rejected', raw_status: 'rejected', click_id: 'a1', transaction_id: '9' },
  },
  {
    name: 'an upsell',
    docs: RECEIVING,
    query: 'subid=a1&status=rebill&revenue=3.1&currency=USD&tid=10&sub_id_1=creative',
    reading: {
      event: 'Purchase',
      conversion_status: 'rebill',
      raw_status: 'rebill',
      value: '3.1',
      currency: 'USD',
      click_id: 'a1',
      transaction_id: '10',
      subs: { sub1: 'creative' },
    },
  },
  {
    name: 'the id of the traffic source instead of its own',
    docs: 'https://docs.keitaro.io/en/campaigns-and-streams/s2s-postback-placeholders.html',
    query: 'external_id=0190-abc&status=sale&revenue=1&currency=USD',
    reading: { event: 'Purchase', conversion_status: 'approved', raw_status: 'sale', value: '1', currency: 'USD', click_id: '0190-abc' },
  },
  {
    name: 'a macro it does not have, which customers were told of',
    query: 'click_id={click_id}&value=5&currency=USD&status=sale',
    reading: { event: 'Purchase', conversion_status: 'approved', raw_status: 'sale', value: '5', currency: 'USD' },
    warnings: ['macro_unreplaced'],
    clickIdFault: 'macro_unreplaced',
  },
]
