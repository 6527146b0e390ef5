import type { DialectExample } from '../example.ts'

const RECEIVING = 'https://help.funnelflux.pro/en/article/tracking-conversions-1vtfnp5/'
const EARLIER = 'https://help.funnelflux.pro/en/article/30-tracking-conversions'
const UPDATING = 'https://help.funnelflux.pro/en/article/28-updating-conversion-data'
const SALE = { event: 'Purchase', conversion_status: 'approved' } as const
const USD = { default_currency: 'USD' } as const
const HIT = 'dkezmsf3bat8xdbz8rt039r0'

export const examples: readonly DialectExample[] = [
  { name: 'our template, filled: every postback is a conversion', query: `click_id=${HIT}`, reading: { ...SALE, click_id: HIT } },
  {
    name: "FunnelFlux's own receiver, recognised without being told",
    docs: RECEIVING,
    query: `hit=${HIT}&tx=main&rev=47.00`,
    rules: { ...USD, tracker: 'generic' },
    reading: { ...SALE, value: '47.00', currency: 'USD', click_id: HIT, transaction_id: 'main' },
  },
  {
    name: 'the hit alone, since the rest is optional',
    docs: RECEIVING,
    query: `hit=${HIT}`,
    reading: { ...SALE, click_id: HIT },
  },
  {
    name: 'a second transaction of the same hit',
    docs: UPDATING,
    query: `hit=${HIT}&tx=special&rev=27.00`,
    rules: USD,
    reading: { ...SALE, value: '27.00', currency: 'USD', click_id: HIT, transaction_id: 'special' },
  },
  {
    name: 'its template with nothing replaced',
    docs: RECEIVING,
    query: 'hit=REPLACE&tx=REPLACE&rev=REPLACE',
    reading: SALE,
    warnings: ['macro_unreplaced', 'macro_unreplaced', 'macro_unreplaced'],
    clickIdFault: 'macro_unreplaced',
  },
  {
    name: 'its template with the macros of a network',
    docs: EARLIER,
    query: 'hit={{clickid}}&tx={{transaction}}&rev={{payout}}',
    reading: SALE,
    warnings: ['macro_unreplaced', 'macro_unreplaced', 'macro_unreplaced'],
    clickIdFault: 'macro_unreplaced',
  },
  {
    name: 'a payout without a transaction',
    docs: UPDATING,
    query: `hit=${HIT}&rev=20.50`,
    rules: USD,
    reading: { ...SALE, value: '20.50', currency: 'USD', click_id: HIT },
  },
  {
    name: 'a payout without a transaction, another hit',
    docs: UPDATING,
    query: 'hit=dkezk75yan9z91xecvmrkg87&rev=17.00',
    rules: USD,
    reading: { ...SALE, value: '17.00', currency: 'USD', click_id: 'dkezk75yan9z91xecvmrkg87' },
  },
]
