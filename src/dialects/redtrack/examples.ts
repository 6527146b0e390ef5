import type { DialectExample } from '../example.ts'

const PARAMETERS = 'https://help.redtrack.io/knowledgebase/kb/basic-setup-9785/supported-dynamic-parameters/'
const CLICKID = `${PARAMETERS}%d1%81lick-id-parameter/`
const TEMPLATE = 'https://redtrack.zendesk.com/hc/en-us/articles/213573065-S2S-Tracking-via-Postback-URL'
const ADDING = 'https://redtrack.zendesk.com/hc/en-us/articles/207082019-Step-2-Adding-Affiliate-Networks'
const SALE = { event: 'Purchase', conversion_status: 'approved' } as const
const ID = '6888c6c36a77d44662342c40'

export const examples: readonly DialectExample[] = [
  {
    name: 'our template, filled',
    query: `click_id=${ID}&sum=19.90&currency=USD&type=Purchase&status=approved`,
    reading: {
      event: 'Purchase',
      raw_event: 'Purchase',
      conversion_status: 'approved',
      raw_status: 'approved',
      value: '19.90',
      currency: 'USD',
      click_id: ID,
    },
  },
  {
    name: "the parameters of RedTrack's own receiver, recognised without being told",
    docs: PARAMETERS,
    query: `clickid=${ID}&sum=5&type=lead&sub1=a&sub20=z&ptoken=abc&currency=USD`,
    rules: { tracker: 'generic' },
    reading: { event: 'Lead', raw_event: 'lead', value: '5', currency: 'USD', click_id: ID, subs: { sub1: 'a', sub20: 'z' } },
    unread: { ptoken: '[secret]' },
  },
  {
    name: 'the click id alone: a conversion without a named type',
    docs: CLICKID,
    query: `clickid=${ID}`,
    reading: { ...SALE, click_id: ID },
  },
  {
    name: 'its template, filled',
    docs: TEMPLATE,
    query: `clickid=${ID}&sum=8`,
    rules: { default_currency: 'GBP' },
    reading: { ...SALE, value: '8', currency: 'GBP', click_id: ID },
  },
  {
    name: 'its template with nothing replaced',
    docs: ADDING,
    query: 'clickid={replace_me}&sum={replace_or_remove}',
    reading: SALE,
    warnings: ['macro_unreplaced', 'macro_unreplaced'],
    clickIdFault: 'macro_unreplaced',
  },
  {
    name: 'the type it gives a conversion for which none was named',
    docs: PARAMETERS,
    query: `clickid=${ID}&sum=5&currency=usd&type=Conversion`,
    reading: { ...SALE, raw_event: 'Conversion', value: '5', currency: 'USD', click_id: ID },
  },
  {
    name: 'a shop that posts a form',
    docs: PARAMETERS,
    query: '',
    body: { type: 'application/x-www-form-urlencoded', text: `clickid=${ID}&sum=1.234%2C50&type=InitiateCheckout&currency=EUR` },
    reading: { event: 'InitiateCheckout', raw_event: 'InitiateCheckout', value: '1234.50', currency: 'EUR', click_id: ID },
  },
  {
    name: 'the literals customers were told of: the click id is its macro, the others stand in none of its documents',
    query: 'clickid={clickid}&sum={sum}&currency={currency}&type=Purchase',
    reading: { event: 'Purchase', raw_event: 'Purchase' },
    warnings: ['macro_unreplaced', 'macro_unreplaced', 'macro_unreplaced'],
    clickIdFault: 'macro_unreplaced',
  },
  {
    name: 'a value without a currency, which the source settles',
    query: `clickid=${ID}&sum=8&type=Purchase`,
    rules: { default_currency: 'GBP' },
    reading: { event: 'Purchase', raw_event: 'Purchase', value: '8', currency: 'GBP', click_id: ID },
  },
]
