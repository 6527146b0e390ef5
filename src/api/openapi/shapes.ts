import { z } from 'zod'
import { DEDUPE_POLICIES } from '../../workspaces/schema.ts'

/** Answers that edge and console both give. Fields may be added, never renamed. */
export const Finding = z.object({
  code: z.string(),
  param: z.string().describe("The sender's own name for it; empty: the request as a whole."),
  message: z.string(),
  fix: z.string(),
})
const at = z.iso.datetime()

export const Receipt = z.object({
  status: z.enum(['received', 'deferred', 'quarantined']),
  postback_id: z.uuid(),
  event_id: z.string().describe('The same for a resend; sent to every platform.'),
  durability: z.enum(['kafka', 'spool']).describe('kafka: on the brokers; spool: on the disk of this edge, until the brokers are back.'),
  warnings: z.array(Finding),
})

export const BatchReply = z.object({
  accepted: z.int(),
  rejected: z.int(),
  items: z.array(z.looseObject({ index: z.int(), status: z.union([Receipt.shape.status, z.int()]) })),
})

export const ClicksReply = z.object({
  accepted: z.int(),
  rejected: z.int(),
  items: z.array(z.looseObject({ index: z.int(), status: z.union([z.literal('accepted'), z.int()]), click_id: z.string().optional() })),
})

export const Currencies = z.object({
  items: z.array(z.object({ code: z.string().regex(/^[A-Z]{3}$/), name: z.string(), minor_units: z.int().nullable() })),
})

const Template = z.looseObject({
  tracker: z.string(),
  name: z.string(),
  url: z.string().describe('To paste into the tracker, its macros in place.'),
  path_url: z.string(),
  verified: z.string().nullable().describe('The day its macros were read in `docs`; null: no document shows them.'),
  docs: z.string().nullable(),
  params: z.array(z.object({ param: z.string(), macro: z.string().nullable(), reads_as: z.string().nullable() })),
  expect: z
    .looseObject({
      query: z.string(),
      status: z.string(),
      reading: z.record(z.string(), z.unknown()),
      warnings: z.array(Finding),
    })
    .nullable()
    .describe('What comes of it, told by the reader of the door; null where there is nothing to paste.'),
})
export const Config = z.object({
  sources: z.array(
    z.object({
      source_id: z.string(),
      kind: z.enum(['tracker', 'backend']),
      tracker: z.string(),
      url: z.string(),
      path_url: z.string(),
      click_url: z.string(),
      templates: z.array(Template),
    }),
  ),
  macros: z.array(z.object({ param: z.string(), macro: z.string(), description: z.string(), required: z.boolean() })),
})

export const Tried = z.object({
  dialect: z.string(),
  reading: z.record(z.string(), z.unknown()),
  unread: z.record(z.string(), z.unknown()),
  problems: z.array(Finding),
  matching: z.object({
    status: z.enum(['matched', 'held', 'unmatched', 'unknown']),
    why: z.string().optional(),
    click: z.record(z.string(), z.unknown()).optional(),
    nearest_click_id: z.string().optional(),
  }),
  deliveries: z.array(
    z.looseObject({
      platform: z.string(),
      destination_id: z.string(),
      request: z.record(z.string(), z.unknown()).optional(),
      suppressed: z.string().optional(),
    }),
  ),
})

export const ReadyState = z.object({ ready: z.boolean(), reason: z.string() })

export const Source = z.looseObject({
  id: z.string(),
  kind: z.enum(['tracker', 'backend']),
  tracker: z.string(),
  name: z.string(),
  dedupe: z.record(z.string(), z.enum(DEDUPE_POLICIES)),
  require_signature: z.boolean(),
  revoked: z.boolean(),
  key: z.string().nullable().describe('null for roles that may not have it.'),
  click_key: z.string().nullable(),
  postback_url: z.string().nullable(),
  click_url: z.string().nullable(),
  signing_secret: z.string().nullable().describe('whsec_...; of kind backend alone.'),
  key_versions: z.array(
    z.object({
      version: z.int(),
      state: z.enum(['live', 'retiring', 'retired', 'revoked']),
      created_at: at,
      retires_at: at.nullable(),
      revoked_at: at.nullable(),
    }),
  ),
})
