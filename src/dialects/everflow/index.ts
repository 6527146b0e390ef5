import { defineDialect } from '../definition.ts'
import { withCommon } from '../generic/index.ts'

/** Everflow calls its click a transaction: `transaction_id` names the click, `order_id` the order, and `event_id` says which of
 *  the offer's events it is, never an id of ours. The click id that our redirect handed in comes back as `{sub1}`. The macro of
 *  the currency was read on no page, so the source's default counts.
 *  Parameters: https://helpdesk.everflow.io/customer/accessing-editing-s2s-postback-urls */
export const everflow = defineDialect({
  id: 'everflow',
  docs: 'https://helpdesk.everflow.io/en/articles/6173403-a-guide-to-parameters-and-macros',
  signature: { all: ['nid', 'transaction_id'], any: ['nid'] },
  aliases: withCommon({
    event: ['event_name', 'event_id', 'adv_event_id'],
    transaction_id: ['order_id'],
    value: ['payout_amount', 'sale_amount', 'amount'],
  }),
  clickIdElse: 'transaction_id',
  // Without an event it is the offer's base conversion, "the first conversion action".
  words: { '': { event: 'Purchase', conversion_status: null }, base: { event: 'Purchase', conversion_status: null } },
  wordLists: {},
  decimal: '.',
  macros: {
    click_id: '{sub1}',
    event: '{event_name}',
    value: '{payout_amount}',
    transaction_id: '{order_id}',
  },
  template: {
    params: [
      ['click_id', '{sub1}'],
      ['event', '{event_name}'],
      ['payout_amount', '{payout_amount}'],
    ],
    verified: '2026-11-26',
    docs: 'https://helpdesk.everflow.io/en/articles/6173403-a-guide-to-parameters-and-macros',
  },
})
