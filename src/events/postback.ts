import { z } from 'zod'
import { App, Consent, Decimal, EpochMs, HashedUser, Item, Problem } from './shapes.ts'

const text = z.string().nullable()

/** How a request was understood: the canonical conversion, PII already hashed. null and empty mean: not sent.
 *  Field names are the contract's JSON names; `user` holds the hashes of what came as user_email, user_phone, names, ... */
export const Reading = z.strictObject({
  /** A word of the vocabulary or `Custom_<name>`; null only in quarantine. */
  event: text,
  /** As it was sent, before it was mapped. */
  raw_event: text,
  /** At most 128 characters: the sender's, else the formula of `events/event-id.ts`. */
  event_id: z.string(),
  /** True when the sender gave the event id. */
  event_id_given: z.boolean(),
  /** Opaque, byte for byte, at most 512 characters. */
  click_id: text,
  transaction_id: text,
  conversion_status: text,
  raw_status: text,
  value: Decimal.nullable(),
  /** ISO 4217, upper case. */
  currency: text,
  /** The sender's clock; null: none was sent, and the time of receipt stands in wherever a time is needed. */
  event_time: EpochMs.nullable(),
  event_source_url: text,
  referrer: text,
  action_source: text,
  user: HashedUser,
  /** ISO 3166 alpha-2, upper case, plain. */
  country: text,
  client_ip: text,
  client_user_agent: text,
  locale: text,
  fbclid: text,
  fbc: text,
  fbp: text,
  gclid: text,
  gbraid: text,
  wbraid: text,
  ttclid: text,
  ttp: text,
  madid: text,
  app: App.nullable(),
  items: z.array(Item),
  consent: Consent,
  limited_data_use: z.boolean().nullable(),
  /** `sub1` to `sub20`. */
  subs: z.record(z.string(), z.string()),
  test: z.boolean(),
  /** A JSON object as text; null: none. */
  custom_data: text,
})
export type Reading = z.infer<typeof Reading>

/** Topic `postbacks`: one request (or batch item) as the edge read it. */
export const Postback = z.strictObject({
  postback_id: z.uuid(),
  workspace_id: z.string(),
  source_id: z.string(),
  source_kind: z.enum(['tracker', 'backend']),
  /** The tracker of the source: `keitaro`, `voluum`, `redtrack`, `generic`. */
  tracker: z.string(),
  key_version: z.int(),
  /** Our clock, stamped once; the cohort time everywhere. */
  received_at: EpochMs,
  lane: z.enum(['live', 'deferred']),
  /** Offset of topic `workspaces` that the edge had applied; -1: none yet. */
  workspaces_offset: z.int(),
  method: z.string(),
  dialect: z.string(),
  reading: Reading,
  /** Parameters as they came, PII values replaced by their hash, the key left out. */
  raw: z.record(z.string(), z.string()),
  /** What no dialect reads. */
  unread: z.record(z.string(), z.string()),
  problems: z.array(Problem),
  /** One of QUARANTINED_WHY when it cannot be read as a conversion. */
  quarantined: z.string().nullable(),
  /** One of UNMATCHED_WHY when the click id itself is at fault (macro, blank): decided where the raw text was seen. */
  click_id_fault: z.string().nullable(),
  sender_ip: text,
  sender_user_agent: text,
  /** When a changed status map of the source gave its words a meaning, under the same postback id; null: as the edge read it. */
  read_again_at: EpochMs.nullable(),
  /** What the sender calls this message, hashed; the same when it sends it again. null: it does not say. */
  message_id: text,
})
export type Postback = z.infer<typeof Postback>
