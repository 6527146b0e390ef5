import { defineDialect } from '../definition.ts'
import { withCommon } from '../generic/index.ts'

/** AnyTrack posts JSON of its own to a URL that is pasted as it is: https://support.anytrack.io/hc/en-us/articles/4406931308433-What-are-Webhooks-
 *  `--CLICK-ID--` is filled in links on a page, never in a postback. `externalClickId` and `eventTimestamp` repeat what `clickId`
 *  and `eventTime` say in another way, and stay unread.
 *  Parameters of its own receiver: https://readme.anytrack.io/docs/custom-integration-parameters */
export const anytrack = defineDialect({
  id: 'anytrack',
  docs: 'https://readme.anytrack.io/docs/custom-integration-parameters',
  signature: { all: ['clickId', 'eventName'], any: ['assetId', 'eventValue'] },
  aliases: withCommon({
    click_id: ['clickid', 'click', 'ref_id', 'refid'],
    event: ['eventname', 'event_name', 'conversion_type'],
    value: ['eventvalue', 'amount', 'commission'],
    event_time: ['eventtime'],
  }),
  words: { acquisition: { event: 'Purchase', conversion_status: 'approved' } },
  wordLists: {},
  decimal: '.',
  macros: {},
  template: { params: [], verified: '2026-11-26', docs: 'https://support.anytrack.io/hc/en-us/articles/4406931308433-What-are-Webhooks-' },
})
