import { defineDialect } from '../definition.ts'
import { withCommon } from '../generic/index.ts'

const SALE = { event: 'Purchase', conversion_status: 'approved' } as const
const LEAD = { event: 'Lead', conversion_status: 'lead' } as const
const REJECTED = { event: 'Purchase', conversion_status: 'rejected' } as const

/** `{subid}` is Keitaro's own click id; `{external_id}` is the id the traffic source handed in, right where our redirect stands
 *  before Keitaro's. Parameters: https://docs.keitaro.io/en/conversions/postback.html */
export const keitaro = defineDialect({
  id: 'keitaro',
  docs: 'https://docs.keitaro.io/en/conversions/postback.html',
  signature: {
    all: ['subid'],
    any: ['status', 'tid', 'payout', 'revenue', 'conversion_revenue', 'sub_id_1', 'sale_status', 'lead_status'],
  },
  aliases: withCommon({
    click_id: ['subid', 'sub_id', 'external_id'],
    transaction_id: ['tid'],
    value: ['revenue', 'payout', 'conversion_revenue'],
  }),
  // "status (default is sale)"
  words: {
    '': SALE,
    sale: SALE,
    lead: LEAD,
    rejected: REJECTED,
    rebill: { event: 'Purchase', conversion_status: 'rebill' },
    trash: REJECTED,
    deposit: { event: 'Deposit', conversion_status: 'approved' },
  },
  wordLists: { sale_status: SALE, lead_status: LEAD, rejected_status: REJECTED },
  decimal: '.',
  macros: {
    click_id: '{subid}',
    value: '{revenue}',
    currency: '{currency}',
    status: '{status}',
    transaction_id: '{tid}',
    client_ip: '{ip}',
    client_user_agent: '{user_agent}',
  },
  // `{currency}` is in templates that ship with it; the page lists the others.
  template: {
    params: [
      ['click_id', '{subid}'],
      ['value', '{revenue}'],
      ['currency', '{currency}'],
      ['status', '{status}'],
      ['transaction_id', '{tid}'],
    ],
    verified: '2026-11-24',
    docs: 'https://docs.keitaro.io/en/campaigns-and-streams/s2s-postback-placeholders.html',
  },
})
