import { z } from 'zod'
import { Decimal, EpochMs } from './shapes.ts'
import { PLATFORM_IDS } from './words.ts'

const text = z.string().nullable()

/** One ad click under one of its ids. */
export const Click = z.strictObject({
  workspace_id: z.string(),
  /** The id it was met by, byte for byte. */
  click_id: z.string(),
  /** All ids of the click, `click_id` among them. */
  ids: z.array(z.string()),
  source_id: text,
  /** When the visitor clicked: the redirect's clock or the API's word. Never the time of sending. */
  clicked_at: EpochMs,
  received_at: EpochMs,
  platform: z.enum(PLATFORM_IDS).nullable(),
  campaign_id: text,
  adset_id: text,
  ad_id: text,
  fbclid: text,
  fbc: text,
  fbp: text,
  gclid: text,
  gbraid: text,
  wbraid: text,
  ttclid: text,
  ttp: text,
  client_ip: text,
  client_user_agent: text,
  landing_url: text,
  utm: z.record(z.string(), z.string()),
  cost: Decimal.nullable(),
  currency: text,
  test: z.boolean(),
})
export type Click = z.infer<typeof Click>

/** What a postback said that was matched. */
export const Accepted = z.strictObject({ event: text, conversion_status: text })
export type Accepted = z.infer<typeof Accepted>

/** Topic `clicks`: a click under one of its ids, one record per id, each listing all of them; or, under a transaction id, the
 *  click that a backend's transaction was matched with, and what was accepted of it. */
export const ClickRecord = Click.extend({
  /** null: the record is keyed by `click_id`. */
  transaction_id: text,
  accepted: z.array(Accepted),
})
export type ClickRecord = z.infer<typeof ClickRecord>
