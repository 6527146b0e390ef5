import type { DialectExample } from '../example.ts'

const PARAMETERS = 'https://doc.voluum.com/en/tracking_conversions_postback.html'

export const examples: readonly DialectExample[] = [
  {
    name: 'our template, filled',
    query: 'click_id=wGC221DPNJU81KQ0HHII5DVS&value=12.34&currency=USD&et=Registration&transaction_id=t-1',
    reading: {
      event: 'SignUp',
      raw_event: 'Registration',
      value: '12.34',
      currency: 'USD',
      click_id: 'wGC221DPNJU81KQ0HHII5DVS',
      transaction_id: 't-1',
    },
  },
  {
    name: "the parameters of Voluum's own receiver, recognised without being told",
    docs: PARAMETERS,
    query: 'cid=c384EFV6JHQODRN70575OK6UG5&payout=2.5&txid=77&currency=EUR&et=sale&param1=blue',
    rules: { tracker: 'generic' },
    reading: {
      event: 'Purchase',
      raw_event: 'sale',
      value: '2.5',
      currency: 'EUR',
      click_id: 'c384EFV6JHQODRN70575OK6UG5',
      transaction_id: '77',
      subs: { sub1: 'blue' },
    },
  },
  {
    name: 'the braces of a macro replaced, its dollar sign left',
    query: 'event=Purchase&click_id=$wGC221DPNJU81KQ0HHII5DVS&payout=$12.34&currency=$USD',
    reading: { event: 'Purchase', raw_event: 'Purchase', value: '12.34', currency: 'USD', click_id: 'wGC221DPNJU81KQ0HHII5DVS' },
    warnings: ['half_replaced_macro', 'half_replaced_macro', 'half_replaced_macro'],
  },
  {
    name: 'the placeholders of its template left in place',
    docs: 'https://doc.voluum.com/en/submitting_postback_url.html',
    query: 'cid=REPLACE&payout=OPTIONAL&txid=OPTIONAL',
    reading: {},
    warnings: ['macro_unreplaced', 'no_event', 'macro_unreplaced', 'macro_unreplaced'],
    quarantined: 'no_event',
    clickIdFault: 'macro_unreplaced',
  },
  {
    name: 'a conversion without a custom type',
    query: 'externalid=abc&payout=1&currency=USD&et=conversion',
    reading: { event: 'Purchase', raw_event: 'conversion', conversion_status: 'approved', value: '1', currency: 'USD', click_id: 'abc' },
  },
  {
    name: 'a custom type that is ours too',
    docs: PARAMETERS,
    query: 'cid=abc&et=Custom_Deposit2&payout=0&currency=USD',
    reading: { event: 'Custom_Deposit2', raw_event: 'Custom_Deposit2', value: '0', currency: 'USD', click_id: 'abc' },
  },
]
