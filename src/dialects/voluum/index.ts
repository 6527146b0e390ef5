import { defineDialect } from '../definition.ts'
import { COMMON_ALIASES } from '../generic/index.ts'

const SALE = { event: 'Purchase', conversion_status: 'approved' } as const

/** `{clickid}` is Voluum's own click id, `{externalid}` the one the traffic source handed in. Tokens are `{token}`, never `${token}`.
 *  Parameters: https://doc.voluum.com/en/tracking_conversions_postback.html */
export const voluum = defineDialect({
  id: 'voluum',
  name: 'Voluum',
  docs: 'https://doc.voluum.com/en/tracking_conversions_postback.html',
  signature: { all: ['cid'], any: ['txid', 'et', 'payout', 'param1'] },
  aliases: {
    ...COMMON_ALIASES,
    click_id: ['cid', 'clickid', 'externalid', 'external_id'],
    external_id: ['user_id', 'customer_id'],
    event: ['et', 'event_name', 'conversion_type', 'type'],
    transaction_id: ['txid', 'transactionid', 'tid', 'order_id'],
    value: ['payout', 'revenue', 'amount', 'sum'],
    sub1: ['param1', 'sub_id_1'],
    sub2: ['param2', 'sub_id_2'],
    sub3: ['param3', 'sub_id_3'],
    sub4: ['param4', 'sub_id_4'],
    sub5: ['param5', 'sub_id_5'],
  },
  // A conversion without a custom type is reported as one.
  words: { conversion: SALE, default: SALE },
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
