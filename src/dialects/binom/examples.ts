import type { DialectExample } from '../example.ts'

const RECEIVING = 'https://docs.binom.org/postback-url.php'
const UPDATING = 'https://docs.binom.org/payout-tracking-v2.php'
const SALE = { event: 'Purchase', conversion_status: 'approved' } as const

export const examples: readonly DialectExample[] = [
  {
    name: 'our template, filled',
    query: 'click_id=81e60haa86o0b7&value=5&currency=USD&status=approve',
    reading: { ...SALE, raw_status: 'approve', value: '5', currency: 'USD', click_id: '81e60haa86o0b7' },
  },
  {
    name: "Binom's own receiver: a plain postback is a conversion, recognised without being told",
    docs: RECEIVING,
    query: 'cnv_id=81e60haa86o0b7&payout=5',
    rules: { tracker: 'generic', default_currency: 'USD' },
    reading: { ...SALE, value: '5', currency: 'USD', click_id: '81e60haa86o0b7' },
  },
  {
    name: 'a status of its documents: signup',
    docs: RECEIVING,
    query: 'cnv_id=e2f3he2tfe65a1&payout=0&cnv_status=signup&cnv_currency=usd',
    reading: { event: 'SignUp', raw_status: 'signup', value: '0', currency: 'USD', click_id: 'e2f3he2tfe65a1' },
  },
  {
    name: 'a status of its documents: checkout',
    docs: RECEIVING,
    query: 'cnv_id=e2f3he2tfe65a1&payout=30&cnv_status=checkout&cnv_currency=EUR',
    reading: { event: 'InitiateCheckout', raw_status: 'checkout', value: '30', currency: 'EUR', click_id: 'e2f3he2tfe65a1' },
  },
  {
    name: 'a status of its documents: reject',
    docs: RECEIVING,
    query: 'cnv_id=e2f3he2tfe65a1&cnv_status=reject&disable_postback=1',
    reading: { event: 'Purchase', conversion_status: 'rejected', raw_status: 'reject', click_id: 'e2f3he2tfe65a1' },
    unread: { disable_postback: '1' },
  },
  {
    name: 'on hold, with a counter of its own',
    docs: UPDATING,
    query: 'cnv_id=e0c7hea9wj270&payout=5&cnv_status=Hold&cnv_currency=USD&event1=15',
    reading: { event: 'Purchase', conversion_status: 'hold', raw_status: 'Hold', value: '5', currency: 'USD', click_id: 'e0c7hea9wj270' },
    unread: { event1: '15' },
  },
  {
    name: 'the placeholders of its pixel left in place',
    docs: RECEIVING,
    query: 'cnv_id=OPTIONAL&payout=OPTIONAL',
    reading: SALE,
    warnings: ['macro_unreplaced', 'macro_unreplaced'],
    clickIdFault: 'macro_unreplaced',
  },
  {
    name: 'the template of a traffic source',
    docs: 'https://wiki.kadam.net/en/index.php?title=Configuring_postback_for_Binom',
    query: 'cnv_id={subid}&payout={payout}&cnv_status={status}',
    reading: {},
    warnings: ['macro_unreplaced', 'macro_unreplaced', 'no_event', 'macro_unreplaced'],
    quarantined: 'no_event',
    clickIdFault: 'macro_unreplaced',
  },
  {
    name: 'a second status and an offer of the path stay unread',
    docs: RECEIVING,
    query: 'cnv_id=81e60haa86o0b7&payout=5&cnv_status=approve&cnv_status2=checked&cnv_currency=USD&to_offer=2',
    reading: { ...SALE, raw_status: 'approve', value: '5', currency: 'USD', click_id: '81e60haa86o0b7' },
    unread: { cnv_status2: 'checked', to_offer: '2' },
  },
]
