import { z } from 'zod'
import { Postback } from './postback.ts'
import { EpochMs } from './shapes.ts'

/** Topic `pending`: a postback that waits, for its click (`held`) or for its turn under the rate limit (`deferred`). */
export const Pending = z.strictObject({
  kind: z.enum(['held', 'deferred']),
  postback: Postback,
  /** Why it was held; one of UNMATCHED_WHY. Empty for a deferred one. */
  why: z.string(),
  /** Since when it waits. */
  held_at: EpochMs,
  /** Held: past it, it is unmatched. Deferred: `held_at`; when its turn is follows from the limit in force. */
  deadline_at: EpochMs,
  /** Where it lies in its partition of `postbacks`: deferred ones are released in this order. -1: not known. */
  offset: z.int(),
})
export type Pending = z.infer<typeof Pending>
