import { defineDialect } from '../definition.ts'
import { withCommon } from '../generic/index.ts'

/** TUNE (HasOffers) calls its click a transaction, as Everflow does; it takes and sends GET alone. What our redirect handed in
 *  comes back as `{aff_sub}`. A postback without a goal is the offer's conversion.
 *  https://support.tune.com/hc/en-us/articles/1500008248741-Passing-Values-to-a-Partner-Conversion-URL */
export const tune = defineDialect({
  id: 'tune',
  docs: 'https://support.tune.com/hc/en-us/articles/1500008248741-Passing-Values-to-a-Partner-Conversion-URL',
  signature: { all: ['offer_id', 'transaction_id'], any: ['adv_sub', 'security_token'] },
  aliases: withCommon({
    click_id: ['aff_sub', 'aff_click_id'],
    event: ['goal_name', 'goal_id'],
    value: ['payout', 'sale_amount', 'amount'],
  }),
  clickIdElse: 'transaction_id',
  words: { '': { event: 'Purchase', conversion_status: null } },
  wordLists: {},
  decimal: '.',
  macros: { click_id: '{aff_sub}', value: '{payout}', transaction_id: '{transaction_id}' },
  template: {
    params: [
      ['click_id', '{aff_sub}'],
      ['payout', '{payout}'],
      ['transaction_id', '{transaction_id}'],
    ],
    verified: '2026-11-24',
    docs: 'https://support.tune.com/hc/en-us/articles/1500008248741-Passing-Values-to-a-Partner-Conversion-URL',
  },
})
