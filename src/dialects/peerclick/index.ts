import { defineDialect } from '../definition.ts'
import { withCommon } from '../generic/index.ts'

const SALE = { event: 'Purchase', conversion_status: 'approved' } as const

/** `{externalid}` (older pages: `{external_id}`) is the id the traffic channel handed in; `{clickid}` in offers is PeerClick's own.
 *  Its page of the macros for value and status could not be read, so the template has none of them.
 *  Parameters: https://help-center.peerclick.com/en/articles/10512589 */
export const peerclick = defineDialect({
  id: 'peerclick',
  docs: 'https://help-center.peerclick.com/en/articles/10512589',
  signature: { all: ['cid'], any: ['conversion_id', 'event1', 'event2', 'event3'] },
  aliases: withCommon({
    click_id: ['cid', 'clickid', 'externalid', 'external_id'],
    transaction_id: ['txid'],
    value: ['payout'],
    sub1: ['param1'],
    sub2: ['param2'],
    sub3: ['param3'],
    sub4: ['param4'],
    sub5: ['param5'],
  }),
  words: { '': SALE },
  wordLists: {},
  decimal: '.',
  macros: { click_id: '{externalid}' },
  template: {
    params: [['click_id', '{externalid}']],
    verified: '2026-11-26',
    docs: 'https://help-center.peerclick.com/en/articles/10587872-set-a-traffic-channel-postback-url',
  },
})
