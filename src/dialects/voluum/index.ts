import { defineDialect } from '../definition.ts'
import { withCommon } from '../generic/index.ts'

const SALE = { event: 'Purchase', conversion_status: 'approved' } as const

/** `{clickid}` is Voluum's own click id, `{externalid}` the one the traffic source handed in. Tokens are `{token}`, never `${token}`.
 *  Parameters: https://doc.voluum.com/en/tracking_conversions_postback.html */
export const voluum = defineDialect({
  id: 'voluum',
  docs: 'https://doc.voluum.com/en/tracking_conversions_postback.html',
  signature: { all: ['cid'], any: ['txid', 'et', 'payout', 'param1'] },
  aliases: withCommon({
    click_id: ['cid', 'clickid', 'externalid', 'external_id'],
    event: ['et'],
    transaction_id: ['txid'],
    value: ['payout'],
    sub1: ['param1'],
    sub2: ['param2'],
    sub3: ['param3'],
    sub4: ['param4'],
    sub5: ['param5'],
  }),
  // A conversion without a custom type is reported as one.
  words: { '': SALE, conversion: SALE, default: SALE },
  wordLists: {},
  decimal: '.',
  macros: {
    click_id: '{clickid}',
    value: '{payout}',
    currency: '{currency}',
    event: '{conversion.type}',
    transaction_id: '{transaction.id}',
  },
  // Only the click id tokens were read in the documents; the others are as users report them.
  template: {
    params: [
      ['click_id', '{clickid}'],
      ['value', '{payout}'],
      ['currency', '{currency}'],
      ['et', '{conversion.type}'],
      ['transaction_id', '{transaction.id}'],
    ],
    verified: null,
    docs: 'https://doc.voluum.com/en/traffic_source_postback_url.html',
  },
})
