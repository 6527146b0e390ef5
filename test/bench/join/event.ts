import type { JoinTurn } from './turn.ts'

type Parts = Pick<JoinTurn, 'clicks' | 'postbacks'>

/** CPU of an event, one postback and the loading of one click, in the subject itself. Microseconds. */
export const ownUsOf = ({ clicks, postbacks }: Parts): number => (clicks.cpuUsPerUnit.own ?? 0) + (postbacks.cpuUsPerUnit.own ?? 0)
/** In the broker meanwhile. */
export const brokerUsOf = ({ clicks, postbacks }: Parts): number => (clicks.cpuUsPerUnit.kafka ?? 0) + (postbacks.cpuUsPerUnit.kafka ?? 0)
/** Events a second: a click is loaded, then a postback joined. */
export const eventsPerSecond = ({ clicks, postbacks }: Parts): number => 1 / (1 / clicks.perSecond + 1 / postbacks.perSecond)
/** CPU of a postback alone, in the subject and in the broker. */
export const postbackUsOf = ({ postbacks }: Parts): number => (postbacks.cpuUsPerUnit.own ?? 0) + (postbacks.cpuUsPerUnit.kafka ?? 0)
