import { deliverTopic, RETRY_TIERS, type RetryTier, retryTopic } from '../../topics/index.ts'
import { PLATFORM_IDS } from '../events/words.ts'

export type Group = { readonly id: string; readonly topics: readonly string[] }

/** Consumer groups as the roles name them, in the order of the path: what each leads to comes after it. */
export const GROUPS: readonly Group[] = [
  { id: 'attribution', topics: ['postbacks'] },
  ...PLATFORM_IDS.map((platform) => ({ id: `forward.${platform}`, topics: [deliverTopic(platform)] })),
  { id: 'store', topics: ['postbacks', 'outcomes', 'clicks'] },
]

export const TIER_TOPICS: readonly string[] = (Object.keys(RETRY_TIERS) as RetryTier[]).map(retryTopic)

/** Groups whose records wait for their time or for a resumed destination; they are behind by design. */
export const WAITING_GROUPS: readonly Group[] = [
  { id: 'retry', topics: TIER_TOPICS },
  ...PLATFORM_IDS.map((platform) => ({ id: `held.${platform}`, topics: ['held'] })),
]

/** Everything that tells what became of a postback. */
export const AUDITED_TOPICS: readonly string[] = [
  'postbacks',
  'clicks',
  'pending',
  'outcomes',
  ...PLATFORM_IDS.map(deliverTopic),
  ...TIER_TOPICS,
  'held',
  'dead',
]
