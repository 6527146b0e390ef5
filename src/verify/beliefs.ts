import type { DeliveryVerdict } from '../events/outcome.ts'
import type { PlatformId } from '../events/words.ts'
import type { OutcomeFacts } from './facts.ts'
import { type Key, textKey } from './id-table.ts'
import type { World } from './world.ts'

/** A conversion as a twin lists it. */
export type Belief = { readonly destination: string; readonly event: string; readonly event_id: string | null }

export const believedKey = (platform: PlatformId, { destination, event, event_id }: Belief): Key =>
  textKey(JSON.stringify([platform, destination, event, event_id]))

/** The account behind a twin's name of a destination: Google's names the conversion action too. */
export const accountOf = (platform: PlatformId, destination: string): string =>
  platform === 'google' ? (destination.split('/')[0] ?? '') : destination

/** What the twin must know a forwarded delivery by, out of the request that the audit log kept of it. null: it went to no twin,
 *  or it was one of Google's tests, which Google does not count, or the request was too long to be kept whole. */
export function beliefOf(facts: OutcomeFacts, verdict: DeliveryVerdict, world: World): Key | null {
  const { platform } = verdict
  const place = world.destination(facts.workspace_id, verdict.destination_id)
  const [target, another] = place?.targets ?? []
  // Which of several pixels it went to, no record tells.
  if (place?.sandbox !== true || target === undefined || another !== undefined || facts.attempt === null) return null
  if (platform === 'google' && facts.test) return null
  const sent = parse(facts.attempt.request)
  if (sent === null) return null
  const [action] = Array.isArray(sent.destinationReferences) ? (sent.destinationReferences as unknown[]) : []
  const belief =
    platform === 'google'
      ? { destination: `${target}/${action}`, event: String(action), event_id: textOf(sent.transactionId) }
      : { destination: target, event: String(platform === 'meta' ? sent.event_name : sent.event), event_id: textOf(sent.event_id) }
  return believedKey(platform, belief)
}

function parse(text: string): Readonly<Record<string, unknown>> | null {
  try {
    return JSON.parse(text) as Readonly<Record<string, unknown>>
  } catch {
    return null
  }
}
const textOf = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null)
