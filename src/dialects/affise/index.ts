import { defineDialect } from '../definition.ts'
import { withCommon } from '../generic/index.ts'

/** An affiliate's postback has no macro for Affise's own click: what our redirect handed in comes back as `{sub1}`. Status and
 *  goal are both numbers, so the numbers of the status count under `status` alone; a goal gets its name from the source's map.
 *  Parameters: https://help-center.affise.com/en/articles/6475468-affise-postback-url-parameters */
export const affise = defineDialect({
  id: 'affise',
  docs: 'https://help-center.affise.com/en/articles/6475468-affise-postback-url-parameters',
  signature: { all: ['clickid'], any: ['action_id', 'aimp_id', 'secure', 'custom_field1'] },
  aliases: withCommon({
    click_id: ['clickid'],
    event: ['goal'],
    transaction_id: ['action_id', 'transactionid'],
    value: ['sum'],
    currency: ['currency_code'],
    client_user_agent: ['uagent'],
  }),
  words: {
    '': { event: 'Purchase', conversion_status: null },
    'status:1': { event: null, conversion_status: 'approved' },
    'status:2': { event: null, conversion_status: 'pending' },
    'status:3': { event: null, conversion_status: 'rejected' },
    'status:5': { event: null, conversion_status: 'hold' },
  },
  wordLists: {},
  decimal: '.',
  macros: {
    click_id: '{sub1}',
    event: '{goal}',
    status: '{status}',
    value: '{sum}',
    currency: '{currency}',
    transaction_id: '{transactionid}',
    event_time: '{timestamp}',
    client_ip: '{ip}',
    client_user_agent: '{uagent}',
    fbclid: '{fbclid}',
    country: '{geo}',
    city: '{city}',
    external_id: '{user_id}',
  },
  template: {
    params: [
      ['click_id', '{sub1}'],
      ['goal', '{goal}'],
      ['status', '{status}'],
      ['sum', '{sum}'],
      ['currency', '{currency}'],
      ['transaction_id', '{transactionid}'],
      ['event_time', '{timestamp}'],
    ],
    verified: '2026-11-26',
    docs: 'https://help-center.affise.com/en/articles/6655842-affiliate-postback-macros-affiliates',
  },
})
