import type { DialectExample } from '../example.ts'

const ADDING = 'https://doc.cpvlab.pro/add-revenue-from-conversion-pixel.html'
const OUTGOING = 'https://doc.cpvlab.pro/traffic-source-postback-urls.html'
const SALE = { event: 'Purchase', conversion_status: 'approved' } as const
const USD = { default_currency: 'USD' } as const

export const examples: readonly DialectExample[] = [
  {
    name: 'our template, filled: every postback is a conversion',
    docs: OUTGOING,
    query: 'click_id=ts-77&value=11',
    rules: USD,
    reading: { ...SALE, value: '11', currency: 'USD', click_id: 'ts-77' },
  },
  {
    name: "the first of two calls of CPV Lab's own receiver",
    docs: ADDING,
    query: 'subid=qqqqqq_1_2&revenue=11',
    rules: USD,
    reading: { ...SALE, value: '11', currency: 'USD', click_id: 'qqqqqq_1_2' },
  },
  {
    name: 'the second one, another revenue of the same click',
    docs: ADDING,
    query: 'subid=qqqqqq_1_2&revenue=12',
    rules: USD,
    reading: { ...SALE, value: '12', currency: 'USD', click_id: 'qqqqqq_1_2' },
  },
  {
    name: 'revenue that adds up, recognised without being told',
    docs: ADDING,
    query: 'subid=qqqqqq_1_2&revenue=11&cladd=true',
    rules: { ...USD, tracker: 'generic' },
    reading: { ...SALE, value: '11', currency: 'USD', click_id: 'qqqqqq_1_2' },
    unread: { cladd: 'true' },
  },
  {
    name: 'revenue that adds up, the second call',
    docs: ADDING,
    query: 'subid=qqqqqq_1_2&revenue=12&cladd=true',
    rules: { ...USD, tracker: 'generic' },
    reading: { ...SALE, value: '12', currency: 'USD', click_id: 'qqqqqq_1_2' },
    unread: { cladd: 'true' },
  },
  {
    name: 'its macros not replaced',
    docs: OUTGOING,
    query: 'click_id={!tscode!}&value={!revenue!}',
    reading: SALE,
    warnings: ['macro_unreplaced', 'macro_unreplaced'],
    clickIdFault: 'macro_unreplaced',
  },
]
