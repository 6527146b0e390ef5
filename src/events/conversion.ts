import { z } from 'zod'
import { Click } from './click.ts'
import { Reading } from './postback.ts'
import { EpochMs } from './shapes.ts'
import { MATCHED_BY } from './stages.ts'
import { PLATFORM_IDS } from './words.ts'

/** A postback together with the click that caused it: all that a platform may be told. */
export const Conversion = z.strictObject({
  workspace_id: z.string(),
  postback_id: z.uuid(),
  source_id: z.string(),
  tracker: z.string(),
  received_at: EpochMs,
  reading: Reading,
  /** null when it was matched by ids sent inline, or is sent unmatched. */
  click: Click.nullable(),
  matched_by: z.enum(MATCHED_BY).nullable(),
})
export type Conversion = z.infer<typeof Conversion>

/** Topics `deliver.<platform>`, `retry.<delay>`, `held`: one conversion for one destination. */
export const Delivery = z.strictObject({
  platform: z.enum(PLATFORM_IDS),
  destination_id: z.string(),
  conversion: Conversion,
  /** Not sent before this time. */
  due_at: EpochMs,
  queued_at: EpochMs,
  /** When it was written to this topic, for the fixed-delay tiers. */
  moved_at: EpochMs,
  /** How often the platform was called with it. */
  attempts: z.int().nonnegative(),
  /** The last reason to wait; null before the first attempt. */
  why: z.string().nullable(),
  workspaces_offset: z.int(),
})
export type Delivery = z.infer<typeof Delivery>
