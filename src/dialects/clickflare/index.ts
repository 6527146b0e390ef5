import { defineDialect } from '../definition.ts'
import { withCommon } from '../generic/index.ts'

const SALE = { event: 'Purchase', conversion_status: 'approved' } as const

/** `{externalid}` is the id the traffic source handed in; in offers `{cf_click_id}` and `{click_id}` are ClickFlare's own.
 *  `ct` is the conversion type. Parameters: https://help.clickflare.io/en/tracking/click-flare-parameters-in-postback-urls */
export const clickflare = defineDialect({
  id: 'clickflare',
  docs: 'https://help.clickflare.io/en/tracking/click-flare-parameters-in-postback-urls',
  signature: { all: ['cid'], any: ['ct'] },
  aliases: withCommon({
    click_id: ['cf_click_id', 'cid', 'clickid', 'externalid'],
    event: ['ct'],
    transaction_id: ['txid'],
    value: ['payout'],
  }),
  // Types named in its overview: lead, sale, trial, upsell, refund.
  words: {
    '': SALE,
    conversion: SALE,
    upsell: SALE,
    refund: { event: 'Purchase', conversion_status: 'refund' },
  },
  wordLists: {},
  decimal: '.',
  macros: { click_id: '{externalid}', value: '{payout}', transaction_id: '{transaction.id}' },
  template: {
    params: [
      ['click_id', '{externalid}'],
      ['value', '{payout}'],
      ['transaction_id', '{transaction.id}'],
    ],
    verified: '2026-11-24',
    docs: 'https://help.clickflare.io/en/tracking/how-to-configure-a-traffic-source-s2s-postback-url',
  },
})
