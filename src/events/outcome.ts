import { z } from 'zod'
import { Click } from './click.ts'
import { Decimal, EpochMs } from './shapes.ts'
import { DELIVERY_STAGES, MATCHED_BY, STAGES, VERDICTS } from './stages.ts'
import { PLATFORM_IDS } from './words.ts'

const text = z.string().nullable()
const stages = Object.keys(STAGES) as [keyof typeof STAGES, ...(keyof typeof STAGES)[]]
const deliveryStages = Object.keys(DELIVERY_STAGES) as [keyof typeof DELIVERY_STAGES, ...(keyof typeof DELIVERY_STAGES)[]]

export const DeliveryVerdict = z.strictObject({
  platform: z.enum(PLATFORM_IDS),
  destination_id: z.string(),
  stage: z.enum(deliveryStages),
  why: text,
})
export type DeliveryVerdict = z.infer<typeof DeliveryVerdict>

/** One call of the platform, as far as it concerns this event. */
export const Attempt = z.strictObject({
  /** 1 is the first. */
  n: z.int().positive(),
  latency_ms: z.int().nonnegative(),
  /** This event's own part of the request, secrets masked, at most 8 kB of JSON text. */
  request: z.string(),
  /** HTTP status; null: no answer. */
  http_status: z.int().nullable(),
  /** At most 8 kB, secrets masked. */
  response: z.string(),
  verdict: z.enum(VERDICTS),
  /** The platform's own name for the call (fbtrace_id, requestId, request_id). */
  trace_id: text,
})
export type Attempt = z.infer<typeof Attempt>

/** Topic `outcomes`, the audit log: one record per decision of attribution, one per delivery attempt or change of forward.
 *  The facts of the event are repeated on each, so that no reader needs a join. */
export const Outcome = z.strictObject({
  workspace_id: z.string(),
  postback_id: z.uuid(),
  received_at: EpochMs,
  /** When this was decided. */
  at: EpochMs,
  /** Attribution's stage; null in a record of forward. */
  stage: z.enum(stages).nullable(),
  why: text,
  matched_by: z.enum(MATCHED_BY).nullable(),
  source_id: z.string(),
  tracker: z.string(),
  event: text,
  event_id: z.string(),
  conversion_status: text,
  click_id: text,
  transaction_id: text,
  value: Decimal.nullable(),
  currency: text,
  event_time: EpochMs.nullable(),
  test: z.boolean(),
  /** Of the click, once it is known. */
  campaign_id: text,
  platform: z.enum(PLATFORM_IDS).nullable(),
  click: Click.nullable(),
  /** The nearest click id seen, for a held or unmatched event whose spelling differs. */
  nearest_click_id: text,
  /** Attribution's fan-out: queued and suppressed destinations; of forward: the one it is about. */
  deliveries: z.array(DeliveryVerdict),
  attempt: Attempt.nullable(),
})
export type Outcome = z.infer<typeof Outcome>

/** Topic `dead`: what no consumer can read. */
export const Dead = z.strictObject({
  topic: z.string(),
  partition: z.int(),
  offset: z.int(),
  at: EpochMs,
  role: z.string(),
  error: z.string(),
  attempts: z.int(),
  key: text,
  /** base64 of the bytes as they were, of a very large value the beginning. */
  value: z.string(),
})
export type Dead = z.infer<typeof Dead>
