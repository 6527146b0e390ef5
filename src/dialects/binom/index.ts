import { defineDialect } from '../definition.ts'
import { withCommon } from '../generic/index.ts'

const SALE = { event: 'Purchase', conversion_status: 'approved' } as const

/** `{clickid}` is Binom's own click id, `{externalid}` (or `{external_id}`) the one the traffic source handed in. The words of
 *  `cnv_status` are the customer's own; those below stand in the documents. Parameters: https://docs.binom.org/postback-url.php */
export const binom = defineDialect({
  id: 'binom',
  docs: 'https://docs.binom.org/postback-url.php',
  signature: { all: ['cnv_id'], any: ['cnv_id'] },
  aliases: withCommon({
    click_id: ['cnv_id', 'clickid', 'externalid', 'external_id'],
    status: ['cnv_status'],
    value: ['payout'],
    currency: ['cnv_currency'],
  }),
  words: { '': SALE, checkout: { event: 'InitiateCheckout', conversion_status: null } },
  wordLists: {},
  decimal: '.',
  macros: {
    click_id: '{clickid}',
    value: '{payout}',
    currency: '{cnv_currency}',
    status: '{cnv_status}',
  },
  // The page lists all of them but `{payout}`, which is as users report it.
  template: {
    params: [
      ['click_id', '{clickid}'],
      ['value', '{payout}'],
      ['currency', '{cnv_currency}'],
      ['status', '{cnv_status}'],
    ],
    verified: null,
    docs: 'https://docs.binom.org/conv-to-source.php',
  },
})
