import { defineDialect } from '../definition.ts'
import { withCommon } from '../generic/index.ts'

/** `{hit}` is FunnelFlux's own id of a visit to a node. No page that could be read lists the tokens of a traffic source's
 *  postback, so the template is unverified and has no value.
 *  Parameters: https://help.funnelflux.pro/en/article/tracking-conversions-1vtfnp5/ */
export const funnelflux = defineDialect({
  id: 'funnelflux',
  docs: 'https://help.funnelflux.pro/en/article/tracking-conversions-1vtfnp5/',
  signature: { all: ['hit'], any: ['hit'] },
  aliases: withCommon({ click_id: ['hit'], transaction_id: ['tx'], value: ['rev'] }),
  // It knows one kind of conversion: an event that earns money.
  words: { '': { event: 'Purchase', conversion_status: 'approved' } },
  wordLists: {},
  decimal: '.',
  macros: { click_id: '{hit}' },
  template: {
    params: [['click_id', '{hit}']],
    verified: null,
    docs: 'https://help.funnelflux.pro/en/article/tracking-conversions-1vtfnp5/',
  },
})
