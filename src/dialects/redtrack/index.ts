import { defineDialect } from '../definition.ts'
import { withCommon } from '../generic/index.ts'

const SALE = { event: 'Purchase', conversion_status: 'approved' } as const

/** `sum`, `type`, `status`, `sub1` to `sub20` are what RedTrack itself reads. Its outgoing macros are shown on no page we could
 *  read, but for `{clickid}`; so its template is unverified.
 *  https://help.redtrack.io/knowledgebase/kb/basic-setup-9785/supported-dynamic-parameters/ */
export const redtrack = defineDialect({
  id: 'redtrack',
  docs: 'https://help.redtrack.io/knowledgebase/kb/basic-setup-9785/supported-dynamic-parameters/',
  signature: { all: ['clickid'], any: ['rdtk_event_id', 'ptoken'] },
  aliases: withCommon({
    click_id: ['clickid', 'ref_id'],
    event: ['type'],
    value: ['sum'],
  }),
  // The type RedTrack gives a conversion for which none was named.
  words: { '': SALE, conversion: SALE },
  wordLists: {},
  decimal: '.',
  macros: { click_id: '{clickid}' },
  // As customers were told; a literal `{sum}` or `{currency}` is recognised when it arrives.
  template: {
    params: [
      ['click_id', '{clickid}'],
      ['sum', '{sum}'],
      ['currency', '{currency}'],
      ['type', '{type}'],
      ['status', '{status}'],
    ],
    verified: null,
    docs: 'https://help.redtrack.io/knowledgebase/kb/basic-setup-9785/supported-dynamic-parameters/',
  },
})
