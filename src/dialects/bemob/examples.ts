import type { DialectExample } from '../example.ts'

const STATUSES = 'https://docs.bemob.com/en/postbacks-for-selected-statuses'
const USING_STATUSES = 'https://help.bemob.com/docs/using-postback-statuses'
const ID = 'AbCdEf0123456789GhIjKl'

export const examples: readonly DialectExample[] = [
  {
    name: 'our template, filled: confirm',
    docs: STATUSES,
    query: `click_id=${ID}&value=1.5&status=confirm`,
    rules: { default_currency: 'USD' },
    reading: { event: 'Purchase', conversion_status: 'approved', raw_status: 'confirm', value: '1.5', currency: 'USD', click_id: ID },
  },
  {
    name: 'new is not paid yet',
    docs: STATUSES,
    query: `click_id=${ID}&value=0&status=new`,
    rules: { default_currency: 'USD' },
    reading: { event: 'Purchase', conversion_status: 'pending', raw_status: 'new', value: '0', currency: 'USD', click_id: ID },
  },
  {
    name: 'decline',
    docs: STATUSES,
    query: `click_id=${ID}&value=0&status=decline`,
    rules: { default_currency: 'USD' },
    reading: { event: 'Purchase', conversion_status: 'rejected', raw_status: 'decline', value: '0', currency: 'USD', click_id: ID },
  },
  {
    name: 'charge is money that went back',
    docs: STATUSES,
    query: `click_id=${ID}&value=1.5&status=charge`,
    rules: { default_currency: 'USD' },
    reading: { event: 'Purchase', conversion_status: 'chargeback', raw_status: 'charge', value: '1.5', currency: 'USD', click_id: ID },
  },
  {
    name: "BeMob's own receiver with the words of a network, recognised without being told",
    docs: USING_STATUSES,
    query: `cid=${ID}&payout=2.10&status=reject`,
    rules: { tracker: 'generic', default_currency: 'USD' },
    reading: { event: 'Purchase', conversion_status: 'rejected', raw_status: 'reject', value: '2.10', currency: 'USD', click_id: ID },
  },
  {
    name: 'a network of its templates, filled',
    docs: 'https://docs.bemob.com/en/leadbit-settings',
    query: `cid=${ID}&payout=12,34&txid=77&status=lead`,
    rules: { default_currency: 'EUR' },
    reading: {
      event: 'Lead',
      conversion_status: 'lead',
      raw_status: 'lead',
      value: '12.34',
      currency: 'EUR',
      click_id: ID,
      transaction_id: '77',
    },
  },
  {
    name: 'its default URL with nothing replaced',
    docs: 'https://docs.bemob.com/en/create-custom-affiliate-network',
    query: 'cid=REPLACE&payout=OPTIONAL&txid=OPTIONAL&status=OPTIONAL',
    reading: {},
    warnings: ['macro_unreplaced', 'macro_unreplaced', 'no_event', 'macro_unreplaced', 'macro_unreplaced'],
    quarantined: 'no_event',
    clickIdFault: 'macro_unreplaced',
  },
  {
    name: 'a network that says approved',
    docs: 'https://docs.bemob.com/en/mylead-settings',
    query: `cid=${ID}&payout=4.20&txid=78&status=approved`,
    rules: { default_currency: 'USD' },
    reading: {
      event: 'Purchase',
      conversion_status: 'approved',
      raw_status: 'approved',
      value: '4.20',
      currency: 'USD',
      click_id: ID,
      transaction_id: '78',
    },
  },
  {
    name: 'the number of a network, which the map of the source settles: there 2 is approved',
    docs: STATUSES,
    query: `cid=${ID}&payout=4.20&txid=79&status=2`,
    rules: { default_currency: 'USD', status_map: { '2': { event: null, conversion_status: 'approved' } } },
    reading: {
      event: 'Purchase',
      conversion_status: 'approved',
      raw_status: '2',
      value: '4.20',
      currency: 'USD',
      click_id: ID,
      transaction_id: '79',
    },
  },
]
