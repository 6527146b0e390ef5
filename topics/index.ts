import type { PlatformId } from '../src/events/words.ts'
import { PLATFORM_IDS } from '../src/events/words.ts'

export type Topic = {
  readonly name: string
  /** How the key is made; two topics that are joined must have the same. */
  readonly key: 'click' | 'postback' | 'destination#shard' | 'workspace' | 'account' | 'source'
  readonly partitions: number
  /** File in `schemas/`, without `.avsc`. */
  readonly schema: string
  readonly config: Readonly<Record<string, string>>
}

const DAY_MS = 86_400_000
const days = (n: number): string => String(n * DAY_MS)

/** Fixed-delay tiers: what waits in one becomes due in the order it came. Milliseconds by name. */
export const RETRY_TIERS = { '10s': 10_000, '1m': 60_000, '10m': 600_000, '1h': 3_600_000, '6h': 21_600_000 } as const
export type RetryTier = keyof typeof RETRY_TIERS

/** A text that is made anew for each record would be looked up slower than one that is there. */
const DELIVER = Object.fromEntries(PLATFORM_IDS.map((platform) => [platform, `deliver.${platform}`])) as Readonly<
  Record<PlatformId, string>
>
export const deliverTopic = (platform: PlatformId): string => DELIVER[platform]
export const retryTopic = (tier: RetryTier): string => `retry.${tier}`

/** Every topic. `partitions` is P, the count of the four co-partitioned topics: fixed for the life of the cluster
 *  (12 on one machine, 48 to 96 in production), since keys would change their place. */
export function topics(partitions: number): readonly Topic[] {
  const deliveries = { key: 'destination#shard', schema: 'delivery' } as const
  return [
    // The record of what was accepted: longer than the dedupe window (7 d) plus the longest outage we plan for.
    { name: 'postbacks', key: 'click', partitions, schema: 'postback', config: { 'cleanup.policy': 'delete', 'retention.ms': days(14) } },
    // Its own changelog for attribution's state; tombstones stay a week, so that a store that slept less sees them.
    {
      name: 'clicks',
      key: 'click',
      partitions,
      schema: 'click',
      config: {
        'cleanup.policy': 'compact,delete',
        'retention.ms': days(90),
        'segment.ms': days(1),
        'delete.retention.ms': days(7),
        'max.compaction.lag.ms': days(1),
      },
    },
    // Put, then tombstone: every segment is wholly dead sooner or later, so it is cleaned often.
    {
      name: 'pending',
      key: 'postback',
      partitions,
      schema: 'pending',
      config: { 'cleanup.policy': 'compact', 'segment.ms': '3600000', 'min.cleanable.dirty.ratio': '0.1', 'delete.retention.ms': days(7) },
    },
    { name: 'outcomes', key: 'postback', partitions, schema: 'outcome', config: { 'cleanup.policy': 'delete', 'retention.ms': days(14) } },
    ...PLATFORM_IDS.map((platform) => ({
      name: deliverTopic(platform),
      ...deliveries,
      partitions: 6,
      config: { 'cleanup.policy': 'delete', 'retention.ms': days(7) },
    })),
    ...(Object.keys(RETRY_TIERS) as RetryTier[]).map((tier) => ({
      name: retryTopic(tier),
      ...deliveries,
      partitions: 2,
      config: { 'cleanup.policy': 'delete', 'retention.ms': days(7) },
    })),
    { name: 'held', ...deliveries, partitions: 2, config: { 'cleanup.policy': 'delete', 'retention.ms': days(90) } },
    { name: 'dead', key: 'source', partitions: 1, schema: 'dead', config: { 'cleanup.policy': 'delete', 'retention.ms': days(30) } },
    // A record that lost a race for a version must not outlive the winner in compaction before a console has set it right.
    {
      name: 'workspaces',
      key: 'workspace',
      partitions: 1,
      schema: 'workspace',
      config: { 'cleanup.policy': 'compact', 'min.compaction.lag.ms': days(7), 'delete.retention.ms': days(30) },
    },
    {
      name: 'accounts',
      key: 'account',
      partitions: 1,
      schema: 'account',
      config: { 'cleanup.policy': 'compact', 'min.compaction.lag.ms': days(1), 'delete.retention.ms': days(30) },
    },
  ]
}
