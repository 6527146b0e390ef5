import type { DialectExample } from '../example.ts'

const AFFILIATE = 'https://help-center.affise.com/en/articles/6655842-affiliate-postback-macros-affiliates'
const RECEIVER = 'https://help-center.affise.com/en/articles/6475468-affise-postback-url-parameters'
const CROSS = 'https://help-center.affise.com/en/articles/6564528-cross-postback-link-macros'
const TO_AFFISE = 'https://affise.zendesk.com/hc/en-us/articles/115002634845-Affise-Affise'
const CLICK = '5f2a0c1b9d3e4f0001a2b3c4'

export const examples: readonly DialectExample[] = [
  {
    name: 'our template, filled; the goal is a number that the source names',
    docs: AFFILIATE,
    query: 'click_id=0190-abc&goal=2&status=1&sum=3.5&currency=USD&transaction_id=t9&event_time=1790000000',
    rules: { status_map: { 'event:2': { event: 'Deposit', conversion_status: null } } },
    reading: {
      event: 'Deposit',
      raw_event: '2',
      conversion_status: 'approved',
      raw_status: '1',
      value: '3.5',
      currency: 'USD',
      click_id: '0190-abc',
      transaction_id: 't9',
      event_time: 1_790_000_000_000,
    },
  },
  {
    name: 'the template of Affise to Affise, recognised without being told',
    docs: TO_AFFISE,
    query: `clickid=${CLICK}&action_id=77`,
    rules: { tracker: 'generic' },
    reading: { event: 'Purchase', click_id: CLICK, transaction_id: '77' },
  },
  {
    name: 'declined',
    docs: RECEIVER,
    query: `clickid=${CLICK}&action_id=77&status=3&sum=5`,
    rules: { default_currency: 'EUR' },
    reading: {
      event: 'Purchase',
      conversion_status: 'rejected',
      raw_status: '3',
      value: '5',
      currency: 'EUR',
      click_id: CLICK,
      transaction_id: '77',
    },
  },
  {
    name: 'on hold, with the click id of the ad platform and fields of its own',
    docs: RECEIVER,
    query: `click_id=${CLICK}&action_id=8&status=5&fbclid=IwAR1&custom_field1=gold&secure=abc`,
    reading: {
      event: 'Purchase',
      conversion_status: 'hold',
      raw_status: '5',
      click_id: CLICK,
      transaction_id: '8',
      fbclid: 'IwAR1',
    },
    unread: { custom_field1: 'gold', secure: 'abc' },
  },
  {
    name: 'a cross postback, pending, its date by the clock of the source',
    docs: CROSS,
    query: `clickid=${CLICK}&status=2&goal=registration&date=2026-10-30%2009:08:07&geo=DE&sub2=banner`,
    rules: { timezone: 'Europe/Berlin' },
    reading: {
      event: 'SignUp',
      raw_event: 'registration',
      conversion_status: 'pending',
      raw_status: '2',
      click_id: CLICK,
      event_time: Date.UTC(2026, 9, 30, 8, 8, 7),
      country: 'DE',
      subs: { sub2: 'banner' },
    },
    user: ['country'],
  },
  {
    name: 'a goal that nobody named does not hide the status',
    docs: RECEIVER,
    query: `clickid=${CLICK}&goal=1&status=1`,
    reading: { event: 'Purchase', raw_event: '1', conversion_status: 'approved', raw_status: '1', click_id: CLICK },
    warnings: ['event_unknown'],
  },
]
