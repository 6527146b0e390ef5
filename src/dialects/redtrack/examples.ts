import type { DialectExample } from '../example.ts'

const PARAMETERS = 'https://help.redtrack.io/knowledgebase/kb/basic-setup-9785/supported-dynamic-parameters/'

export const examples: readonly DialectExample[] = [
  {
    name: 'our template, filled',
    query: 'click_id=6888c6c36a77d44662342c40&sum=19.90&currency=USD&type=Purchase&status=approved',
    reading: {
      event: 'Purchase',
      raw_event: 'Purchase',
      conversion_status: 'approved',
      raw_status: 'approved',
      value: '19.90',
      currency: 'USD',
      click_id: '6888c6c36a77d44662342c40',
    },
  },
  {
    name: "the parameters of RedTrack's own receiver, recognised without being told",
    docs: PARAMETERS,
    query: 'clickid=6888c6c36a77d44662342c40&sum=5&type=lead&sub1=a&sub20=z&ptoken=abc&currency=USD',
    rules: { tracker: 'generic' },
    reading: {
      event: 'Lead',
      raw_event: 'lead',
      value: '5',
      currency: 'USD',
      click_id: '6888c6c36a77d44662342c40',
      subs: { sub1: 'a', sub20: 'z' },
    },
    unread: { ptoken: '[secret]' },
  },
  {
    name: 'a conversion without a named type',
    query: 'clickid=6888c6c36a77d44662342c40&sum=5&currency=usd&type=Conversion',
    reading: {
      event: 'Purchase',
      raw_event: 'Conversion',
      conversion_status: 'approved',
      value: '5',
      currency: 'USD',
      click_id: '6888c6c36a77d44662342c40',
    },
  },
  {
    name: 'a shop that posts a form',
    query: '',
    body: {
      type: 'application/x-www-form-urlencoded',
      text: 'clickid=6888c6c36a77d44662342c40&sum=1.234%2C50&type=InitiateCheckout&currency=EUR',
    },
    reading: {
      event: 'InitiateCheckout',
      raw_event: 'InitiateCheckout',
      value: '1234.50',
      currency: 'EUR',
      click_id: '6888c6c36a77d44662342c40',
    },
  },
  {
    name: 'the macro of another company where its own should be',
    query: 'clickid=6888c6c36a77d44662342c40&sum={sum}&type=Purchase&currency=USD',
    reading: { event: 'Purchase', raw_event: 'Purchase', currency: 'USD', click_id: '6888c6c36a77d44662342c40' },
    warnings: ['macro_unreplaced'],
  },
  {
    name: 'a value without a currency, which the source settles',
    query: 'clickid=6888c6c36a77d44662342c40&sum=8&type=Purchase',
    rules: { default_currency: 'GBP' },
    reading: { event: 'Purchase', raw_event: 'Purchase', value: '8', currency: 'GBP', click_id: '6888c6c36a77d44662342c40' },
  },
]
