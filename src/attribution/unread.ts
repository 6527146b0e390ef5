import { ClickRecord } from '../events/click.ts'
import { Pending } from '../events/pending.ts'
import { Postback, Reading } from '../events/postback.ts'

/** What attribution decides nothing by: it goes from topic to topic as the bytes it came in, and whoever reads it judges it. Whoever
 *  comes to need one of these takes it from the list. */
export const UNREAD = {
  Postback: ['method', 'dialect', 'raw', 'unread', 'problems', 'sender_ip', 'sender_user_agent'],
  Reading: [
    ...(['raw_event', 'raw_status', 'event_source_url', 'referrer', 'action_source', 'user', 'client_ip', 'client_user_agent'] as const),
    ...(['locale', 'madid', 'app', 'items', 'consent', 'limited_data_use', 'subs', 'custom_data'] as const),
  ],
} as const

/** Of a click, as long as it only lies there and is joined with. Clicks that are merged are read whole. */
export const UNREAD_OF_JOINED = {
  Click: [
    ...(['workspace_id', 'ids', 'source_id', 'received_at', 'adset_id', 'ad_id', 'fbclid', 'fbc', 'fbp', 'gclid', 'gbraid'] as const),
    ...(['wbraid', 'ttclid', 'ttp', 'client_ip', 'client_user_agent', 'landing_url', 'utm', 'cost', 'currency'] as const),
  ],
} as const

const PostbackAsRead = Postback.omit(namesIn(UNREAD.Postback)).extend({ reading: Reading.omit(namesIn(UNREAD.Reading)) })

/** What is checked of the values of each topic that is read. */
export const READ = {
  clicks: ClickRecord.omit(namesIn(UNREAD_OF_JOINED.Click)),
  postbacks: PostbackAsRead,
  pending: Pending.extend({ postback: PostbackAsRead }),
} as const

function namesIn<Name extends string>(names: readonly Name[]): Record<Name, true> {
  return Object.fromEntries(names.map((name) => [name, true])) as Record<Name, true> // each of them
}
