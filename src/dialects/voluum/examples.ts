import type { DialectExample } from '../example.ts'

const RECEIVING = 'https://doc.voluum.com/en/tracking_conversions_postback.html'
const SUBMITTING = 'https://doc.voluum.com/en/submitting_postback_url.html'
const PARAMETERS = 'https://doc.voluum.com/article/parameters-in-postback-urls'
const HELP = 'http://feedback.voluum.com/knowledgebase/articles/318683-postback-urls'
const SALE = { event: 'Purchase', conversion_status: 'approved' } as const
const ID = 'c384EFV6JHQODRN70575OK6UG5'

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
    docs: RECEIVING,
    query: `cid=${ID}&payout=2.5&txid=77&currency=EUR&et=sale&param1=blue`,
    rules: { tracker: 'generic' },
    reading: {
      event: 'Purchase',
      raw_event: 'sale',
      value: '2.5',
      currency: 'EUR',
      click_id: ID,
      transaction_id: '77',
      subs: { sub1: 'blue' },
    },
  },
  {
    name: 'a plain postback is a conversion',
    docs: HELP,
    query: `cid=${ID}&payout=2.5`,
    rules: { default_currency: 'USD' },
    reading: { ...SALE, value: '2.5', currency: 'USD', click_id: ID },
  },
  {
    name: 'the click id alone is enough',
    docs: PARAMETERS,
    query: `cid=${ID}`,
    reading: { ...SALE, click_id: ID },
  },
  {
    name: 'the template of its page, braces around nothing',
    docs: RECEIVING,
    query: 'cid={}&payout={}&txid={}&currency={}&et={}&param1={}',
    reading: { subs: { sub1: '{}' } },
    warnings: ['macro_unreplaced', 'macro_unreplaced', 'no_event', 'macro_unreplaced', 'macro_unreplaced', 'macro_unreplaced'],
    quarantined: 'no_event',
    clickIdFault: 'macro_unreplaced',
  },
  {
    name: 'the URL of a network with its macros not replaced',
    docs: HELP,
    query: 'cid={aff_sub}&payout={payout}',
    reading: SALE,
    warnings: ['macro_unreplaced', 'macro_unreplaced'],
    clickIdFault: 'macro_unreplaced',
  },
  {
    name: 'the braces of a macro replaced, its dollar sign left: the literals customers were told of',
    query: 'event=Purchase&click_id=$wGC221DPNJU81KQ0HHII5DVS&payout=$12.34&currency=$USD',
    reading: { event: 'Purchase', raw_event: 'Purchase', value: '12.34', currency: 'USD', click_id: 'wGC221DPNJU81KQ0HHII5DVS' },
    warnings: ['half_replaced_macro', 'half_replaced_macro', 'half_replaced_macro'],
  },
  {
    name: 'the literals customers were told of, not replaced at all',
    query: `event=Purchase&click_id=\${click_id}&payout=\${payout}&currency=\${currency}`,
    reading: { event: 'Purchase', raw_event: 'Purchase' },
    warnings: ['macro_unreplaced', 'macro_unreplaced', 'macro_unreplaced'],
    clickIdFault: 'macro_unreplaced',
  },
  {
    name: 'the dollar sign of a macro that was replaced by nothing',
    query: 'event=Purchase&click_id=$&payout=$',
    reading: { event: 'Purchase', raw_event: 'Purchase' },
    warnings: ['half_replaced_macro', 'no_click_id', 'half_replaced_macro'],
    clickIdFault: 'no_click_id',
  },
  {
    name: 'the placeholders of its template left in place',
    docs: SUBMITTING,
    query: 'cid=REPLACE&payout=OPTIONAL&txid=OPTIONAL',
    reading: SALE,
    warnings: ['macro_unreplaced', 'macro_unreplaced', 'macro_unreplaced'],
    clickIdFault: 'macro_unreplaced',
  },
  {
    name: 'a conversion without a custom type',
    docs: 'https://doc.voluum.com/en/traffic_source_postback_url.html',
    query: 'externalid=abc&payout=1&currency=USD&et=conversion',
    reading: { ...SALE, raw_event: 'conversion', value: '1', currency: 'USD', click_id: 'abc' },
  },
  {
    name: 'a custom type that is ours too',
    docs: RECEIVING,
    query: 'cid=abc&et=Custom_Deposit2&payout=0&currency=USD',
    reading: { event: 'Custom_Deposit2', raw_event: 'Custom_Deposit2', value: '0', currency: 'USD', click_id: 'abc' },
  },
]
