import { defineDialect } from '../definition.ts'
import { withCommon } from '../generic/index.ts'

const SALE = { event: 'Purchase', conversion_status: 'approved' } as const

/** `{externalId}`, with a capital I, is the id the traffic source handed in; the postback to a traffic source knows no other.
 *  `{status}` is one of BeMob's own four words, whatever the network said:
 *  https://docs.bemob.com/en/postbacks-for-selected-statuses, `{payout}`: https://docs.bemob.com/en/mondiad.
 *  Parameters: https://docs.bemob.com/en/create-custom-affiliate-network */
export const bemob = defineDialect({
  id: 'bemob',
  docs: 'https://docs.bemob.com/en/create-custom-affiliate-network',
  signature: { all: ['cid', 'status'], any: ['payout', 'txid'] },
  aliases: withCommon({
    click_id: ['cid', 'clickid', 'externalid'],
    transaction_id: ['txid'],
    value: ['payout'],
  }),
  words: {
    '': SALE,
    new: { event: null, conversion_status: 'pending' },
    confirm: { event: null, conversion_status: 'approved' },
    decline: { event: null, conversion_status: 'rejected' },
    charge: { event: null, conversion_status: 'chargeback' },
  },
  wordLists: {},
  decimal: '.',
  macros: { click_id: '{externalId}', value: '{payout}', status: '{status}' },
  template: {
    params: [
      ['click_id', '{externalId}'],
      ['value', '{payout}'],
      ['status', '{status}'],
    ],
    verified: '2026-11-26',
    docs: 'https://docs.bemob.com/en/postback-settings-of-traffic-source',
  },
})
