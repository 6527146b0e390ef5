import { defineDialect } from '../definition.ts'
import { withCommon } from '../generic/index.ts'

/** `{!tscode!}` is the id the traffic source handed in, `{!subid!}` in offers is CPV Lab's own. Only `cladd` tells its postback from
 *  those of others who say `subid`. Parameters: https://doc.cpvlab.pro/add-revenue-from-conversion-pixel.html */
export const cpvlab = defineDialect({
  id: 'cpvlab',
  docs: 'https://doc.cpvlab.pro/add-revenue-from-conversion-pixel.html',
  signature: { all: ['subid'], any: ['cladd'] },
  aliases: withCommon({ click_id: ['subid', 'tscode'], value: ['revenue'] }),
  // It knows one kind of conversion.
  words: { '': { event: 'Purchase', conversion_status: 'approved' } },
  wordLists: {},
  decimal: '.',
  macros: { click_id: '{!tscode!}', value: '{!revenue!}' },
  template: {
    params: [
      ['click_id', '{!tscode!}'],
      ['value', '{!revenue!}'],
    ],
    verified: '2026-11-26',
    docs: 'https://doc.cpvlab.pro/traffic-source-postback-urls.html',
  },
})
