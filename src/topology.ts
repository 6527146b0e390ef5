import { deliverTopic, RETRY_TIERS, type RetryTier, retryTopic } from '../topics/index.ts'
import { PLATFORM_IDS } from './events/words.ts'

/** One stage of the path: what it consumes with committed offsets, what it holds as state, what it writes. */
export type StageOfPath = {
  readonly name: string
  readonly reads: readonly string[]
  /** Tables held locally, cut like `reads`. */
  readonly joins: readonly string[]
  readonly writes: readonly string[]
}

const deliveries = PLATFORM_IDS.map(deliverTopic)
const retries = (Object.keys(RETRY_TIERS) as RetryTier[]).map(retryTopic)

/** The path as data, in the order a conversion takes it. */
export const STAGES_OF_PATH: readonly StageOfPath[] = [
  { name: 'edge', reads: ['workspaces'], joins: [], writes: ['postbacks', 'clicks', 'dead'] },
  {
    name: 'attribution',
    reads: ['postbacks'],
    joins: ['clicks', 'pending'],
    writes: ['clicks', 'pending', 'outcomes', ...deliveries, 'dead'],
  },
  {
    name: 'forward',
    reads: [...deliveries, ...retries, 'held'],
    joins: [],
    writes: ['outcomes', ...retries, ...deliveries, 'held', 'dead'],
  },
  { name: 'store', reads: ['postbacks', 'outcomes', 'clicks'], joins: [], writes: ['dead'] },
  { name: 'console', reads: ['workspaces', 'accounts', 'dead'], joins: [], writes: ['workspaces', 'accounts', ...deliveries] },
]
