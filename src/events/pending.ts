import { z } from 'zod'
import { Postback } from './postback.ts'
import { EpochMs } from './shapes.ts'

/** Topic `pending`: a postback that waits, for its click (`held`) or for its turn under the rate limit (`deferred`). */
export const Pending = z.strictObject({
  kind: z.enum(['held', 'deferred']),
  postback: Postback,
  /** Why it was held; one of UNMATCHED_WHY. */
  why: z.string(),
  held_at: EpochMs,
  /** Past it, it is unmatched. */
  deadline_at: EpochMs,
})
export type Pending = z.infer<typeof Pending>
