import type { DialectExample } from '../example.ts'

const RECEIVING = 'https://docs.keitaro.io/en/conversions/postback.html'
const EARLIER = 'https://wiki.keitarotds.ru/en/postbacks'
const NETWORK = 'https://blog.keitaro.io/en/setup-affiliate-network/'
const PLACEHOLDERS = 'https://docs.keitaro.io/en/campaigns-and-streams/s2s-postback-placeholders.html'

export const examples: readonly DialectExample[] = [
  {
    name: 'our template, filled',
    docs: 'https://docs.keitaro.io/en/campaigns-and-streams/s2s-postback-placeholders.html',
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
    name: 'words listed in the URL, a network with three of its own',
    docs: NETWORK,
    query: 'subid=a1&status=accept&lead_status=accept&sale_status=confirm&rejected_status=reject',
    reading: { event: 'Lead', conversion_status: 'lead', raw_status: 'accept', click_id: 'a1' },
    unread: { lead_status: 'accept', sale_status: 'confirm', rejected_status: 'reject' },
  },
  {
    name: 'no status is a sale',
    docs: RECEIVING,
    query: 'subid=a1&payout=4&currency=usd&cost=0.1',
    reading: { event: 'Purchase', conversion_status: 'approved', value: '4', currency: 'USD', click_id: 'a1' },
    unread: { cost: '0.1' },
  },
  {
    name: 'a rejected lead',
    docs: RECEIVING,
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
    name: "a network's tokens left in its URL",
    docs: EARLIER,
    query: 'subid={SID1}&status={STATUS}&payout={PAYOUT}',
    reading: {},
    warnings: ['macro_unreplaced', 'macro_unreplaced', 'no_event', 'macro_unreplaced'],
    quarantined: 'no_event',
    clickIdFault: 'macro_unreplaced',
  },
  {
    name: 'the id of the traffic source instead of its own',
    docs: PLACEHOLDERS,
    query: 'external_id=0190-abc&status=sale&revenue=1&currency=USD',
    reading: { event: 'Purchase', conversion_status: 'approved', raw_status: 'sale', value: '1', currency: 'USD', click_id: '0190-abc' },
  },
  {
    name: 'the example of its placeholders, not replaced',
    docs: PLACEHOLDERS,
    query: 'cid={external_id}&status={status:lead=0 sale=1 rejected=2}',
    reading: {},
    warnings: ['macro_unreplaced', 'macro_unreplaced', 'no_event'],
    quarantined: 'no_event',
    clickIdFault: 'macro_unreplaced',
  },
  {
    name: 'the literals customers were told of: click_id is no placeholder of it, the others are',
    query: 'click_id={click_id}&revenue={revenue}&currency={currency}&status=sale',
    reading: { event: 'Purchase', conversion_status: 'approved', raw_status: 'sale' },
    warnings: ['macro_unreplaced', 'macro_unreplaced', 'macro_unreplaced'],
    clickIdFault: 'macro_unreplaced',
  },
  {
    name: 'statuses to ignore are its own affair',
    docs: RECEIVING,
    query: 'subid=a1&status=sale&ignore_status=ping,test',
    reading: { event: 'Purchase', conversion_status: 'approved', raw_status: 'sale', click_id: 'a1' },
    unread: { ignore_status: 'ping,test' },
  },
  {
    name: 'the second deposit of one player by its number',
    docs: 'https://v9.help.keitaro.io/en/conversions-and-postback/postback.html',
    query: 'subid=a1&status=sale&tid=2&payout=15&currency=eur',
    reading: {
      event: 'Purchase',
      conversion_status: 'approved',
      raw_status: 'sale',
      value: '15',
      currency: 'EUR',
      click_id: 'a1',
      transaction_id: '2',
    },
  },
]
