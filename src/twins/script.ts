import { z } from 'zod'

const Reply = z.strictObject({
  /** Absent: the rules answer, after the delay. */
  status: z.int().min(100).max(599).optional(),
  /** Text goes as it is, all else as JSON. */
  body: z.unknown().optional(),
  headers: z.record(z.string(), z.string()).optional(),
  delay_ms: z.int().nonnegative().max(600_000).optional(),
  /** How many requests get it; 1 when absent. */
  times: z.int().positive().max(1_000_000).optional(),
})

/** What a twin does next: the replies in their order, then its rules again. The token endpoint keeps to its rules. */
export const Script = z.strictObject({
  replies: z.array(Reply).max(10_000).default([]),
  then: z.literal('rules').default('rules'),
  /** Requests in a minute before it answers that there are too many; null: no limit. */
  requests_per_min: z.int().positive().nullable().default(null),
  /** Google: how long a request id is PROCESSING. */
  confirm_after_ms: z.int().nonnegative().optional(),
  /** Google: gclid -> time of its click, epoch ms. */
  clicks: z.record(z.string(), z.int().nonnegative()).default({}),
})
export type Script = z.infer<typeof Script>
export type ScriptedReply = z.infer<typeof Reply>

/** Hands out the scripted replies one after the other; undefined: by the rules. */
export function playback(script: Script): () => ScriptedReply | undefined {
  let at = 0
  let used = 0
  return () => {
    const reply = script.replies[at]
    if (reply === undefined) return undefined
    used += 1
    if (used >= (reply.times ?? 1)) {
      at += 1
      used = 0
    }
    return reply
  }
}
