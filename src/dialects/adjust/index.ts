import { defineDialect } from '../definition.ts'
import { withCommon } from '../generic/index.ts'

/** `{activity_kind}` says what happened, and of an event nothing more than that it is one: `{event_name}` names it. `{revenue}`
 *  counts cents, `{revenue_float}` whole units. A placeholder without a value is dropped with its parameter.
 *  https://help.adjust.com/en/article/event-callbacks https://help.adjust.com/en/article/ad-revenue-callbacks */
export const adjust = defineDialect({
  id: 'adjust',
  docs: 'https://help.adjust.com/en/article/event-callbacks',
  signature: {
    all: ['activity_kind'],
    any: ['click_id', 'gps_adid', 'idfa', 'idfv', 'adid', 'tracker_token', 'tracker_name', 'event_token', 'created_at'],
  },
  aliases: withCommon({
    event: ['event_name'],
    status: ['activity_kind'],
    value: ['revenue_float', 'revenue'],
    event_time: ['created_at'],
    madid: ['gps_adid', 'idfa'],
    'app.id': ['app_id'],
    'app.os': ['os_name'],
    'app.os_version': ['os_version'],
    'app.app_version': ['app_version'],
  }),
  hundredths: ['revenue'],
  words: {
    'status:install': { event: 'App_Install', conversion_status: null },
    'status:rejected_install': { event: 'App_Install', conversion_status: 'rejected' },
    'status:event': { event: null, conversion_status: null },
  },
  wordLists: {},
  decimal: '.',
  macros: {
    click_id: '{click_id}',
    event: '{event_name}',
    status: '{activity_kind}',
    value: '{revenue_float}',
    currency: '{currency}',
    event_time: '{created_at}',
  },
  template: {
    params: [
      ['click_id', '{click_id}'],
      ['activity_kind', '{activity_kind}'],
      ['event_name', '{event_name}'],
      ['revenue_float', '{revenue_float}'],
      ['currency', '{currency}'],
      ['created_at', '{created_at}'],
      ['gps_adid', '{gps_adid}'],
      ['idfa', '{idfa}'],
    ],
    verified: '2026-11-26',
    docs: 'https://help.adjust.com/en/article/event-callbacks',
  },
})
