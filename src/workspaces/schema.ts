import { z } from 'zod'
import { EpochMs } from '../events/shapes.ts'
import { CONVERSION_STATUSES, PLATFORM_IDS, TRACKERS } from '../events/words.ts'

/** Ids of workspaces and sources are part of the key in a URL: lower-case letters and digits, no separator of the key's form. */
export const Id = z.string().regex(/^[a-z0-9_]{2,40}$/)

export const ALLOWLIST_MODES = ['off', 'observe', 'enforce'] as const

/** Two days less than topic `postbacks` is kept, from which first sights are learnt again. */
export const DEDUPE_WINDOW_MAX_DAYS = 12

export const Settings = z.strictObject({
  name: z.string().min(1).max(120),
  /** Events in any 60 s. */
  rate_limit_per_min: z.int().positive(),
  over_limit: z.enum(['defer', 'reject']),
  allowlist: z.strictObject({ mode: z.enum(ALLOWLIST_MODES), cidrs: z.array(z.string()).max(1_000) }),
  /** Host names a click redirect may lead to; a sub-domain must be listed itself. */
  redirect_hosts: z.array(z.string()).max(200),
  hold_hours: z.number().positive().max(720),
  attribution_window_days: z.number().positive().max(90),
  dedupe_window_days: z.number().positive().max(DEDUPE_WINDOW_MAX_DAYS),
})
export type Settings = z.infer<typeof Settings>
export const DEFAULT_SETTINGS: Omit<Settings, 'name'> = {
  rate_limit_per_min: 1_000,
  over_limit: 'defer',
  allowlist: { mode: 'off', cidrs: [] },
  redirect_hosts: [],
  hold_hours: 72,
  attribution_window_days: 30,
  dedupe_window_days: 7,
}

export const DEDUPE_POLICIES = ['first_only', 'by_transaction', 'every'] as const
export type DedupePolicy = (typeof DEDUPE_POLICIES)[number]

/** One version of a source's keys. `retiring` still works until its time; a revoked version is kept for ever. */
export const KeyVersion = z.strictObject({
  version: z.int().positive(),
  ring: z.string(),
  created_at: EpochMs,
  /** null: live without an end. */
  retires_at: EpochMs.nullable(),
  revoked_at: EpochMs.nullable(),
})
export type KeyVersion = z.infer<typeof KeyVersion>

export const Source = z.strictObject({
  id: Id,
  kind: z.enum(['tracker', 'backend']),
  tracker: z.enum(TRACKERS),
  name: z.string().min(1).max(120),
  /** ISO 4217, used when a postback with a value names no currency. */
  default_currency: z
    .string()
    .regex(/^[A-Z]{3}$/)
    .nullable(),
  /** ISO 3166 alpha-2, for phone numbers without a country code. */
  default_country: z
    .string()
    .regex(/^[A-Z]{2}$/)
    .nullable(),
  /** IANA name; for event times without an offset. */
  timezone: z.string(),
  /** The separator of decimals in this source's numbers; null: as its tracker writes them. */
  decimal: z.enum(['.', ',']).nullable().default(null),
  /** The sender's word, lower case -> our event and status. `event:<word>` and `status:<word>` count on that side alone;
   *  the empty word is what a postback means that names neither event nor status. */
  status_map: z.record(
    z.string(),
    z.strictObject({ event: z.string().nullable(), conversion_status: z.enum(CONVERSION_STATUSES).nullable() }),
  ),
  /** Per event, `*` for all others. */
  dedupe: z.record(z.string(), z.enum(DEDUPE_POLICIES)),
  /** Form of the answer: `json`, `gif`, `204`, or a text of at most 256 bytes after `text:`. */
  reply: z.string().max(261),
  /** A backend must sign each request; without it one that is signed is still checked. */
  require_signature: z.boolean().default(false),
  key_versions: z.array(KeyVersion).min(1),
})
export type Source = z.infer<typeof Source>

/** AES-256-GCM: key id of CREDENTIALS_KEYS, nonce and ciphertext with tag, base64. Bound to workspace and destination. */
export const Sealed = z.strictObject({ key: z.string(), nonce: z.string(), data: z.string() })
export type Sealed = z.infer<typeof Sealed>

export const Destination = z.strictObject({
  id: Id,
  platform: z.enum(PLATFORM_IDS),
  name: z.string().min(1).max(120),
  /** As the platform's definition describes them; validated by it when saved. */
  settings: z.record(z.string(), z.json()),
  credentials: Sealed,
  /** Goes to the twin instead of the platform. */
  sandbox: z.boolean(),
  active: z.boolean(),
  send_unmatched: z.boolean(),
  /** Our event -> the platform's name; null: not sent. What is absent follows the platform's own map. */
  event_map: z.record(z.string(), z.string().nullable()),
  /** Hours a click must be old before the platform is told; null: the platform's default. */
  min_click_age: z.number().nonnegative().nullable(),
  /** Sent beside test events; without one a test event is suppressed. */
  test_code: z.string().nullable(),
  /** When someone last said that its fault is mended: what was held before then goes out again. */
  resumed_at: EpochMs.nullable().default(null),
})
export type Destination = z.infer<typeof Destination>

/** Rules are tried in order; the first whose conditions all hold decides which destinations get the conversion. */
export const Rule = z.strictObject({
  id: Id,
  name: z.string().min(1).max(120),
  /** Every listed field must hold one of the values; an absent field is not asked. */
  when: z.strictObject({
    event: z.array(z.string()).optional(),
    conversion_status: z.array(z.string()).optional(),
    source_id: z.array(z.string()).optional(),
    tracker: z.array(z.string()).optional(),
    platform: z.array(z.string()).optional(),
    campaign_id: z.array(z.string()).optional(),
    country: z.array(z.string()).optional(),
  }),
  /** Empty: suppressed by rule. */
  destination_ids: z.array(z.string()),
})
export type Rule = z.infer<typeof Rule>

export const ROLES = ['owner', 'admin', 'editor', 'viewer', 'data'] as const
export type Role = (typeof ROLES)[number]

export const ApiKey = z.strictObject({
  id: Id,
  name: z.string().min(1).max(120),
  role: z.enum(ROLES),
  /** SHA-256 of the whole key, hex. */
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  last4: z.string(),
  created_at: EpochMs,
  revoked_at: EpochMs.nullable(),
})
export type ApiKey = z.infer<typeof ApiKey>

/** The whole configuration of one workspace: the `doc` of a record of topic `workspaces`. */
export const Workspace = z.strictObject({
  id: Id,
  settings: Settings,
  sources: z.array(Source),
  destinations: z.array(Destination),
  rules: z.array(Rule),
  api_keys: z.array(ApiKey),
})
export type Workspace = z.infer<typeof Workspace>

/** A stored `doc`. It may be of another version of this software: fields we do not know are left out, fields it did not know take
 *  their defaults. null when it cannot be read even so. */
export function readWorkspace(doc: string): Workspace | null {
  const value: unknown = JSON.parse(doc)
  for (;;) {
    const parsed = Workspace.safeParse(value)
    if (parsed.success) return parsed.data
    const unknown = parsed.error.issues.filter((issue) => issue.code === 'unrecognized_keys')
    if (unknown.length === 0) return null
    for (const { path, keys } of unknown) for (const key of keys) Reflect.deleteProperty(at(value, path), key)
  }
}
const at = (value: unknown, path: readonly PropertyKey[]): object =>
  path.reduce((inner, step) => (inner as Record<PropertyKey, unknown>)[step], value) as object // a path that zod has just walked

/** A record of topic `workspaces`. It counts only when `base_version` is the version in force at its place in the log. */
export const WorkspaceRecord = z.strictObject({
  workspace_id: Id,
  base_version: z.int().nonnegative(),
  version: z.int().positive(),
  at: EpochMs,
  /** Who wrote it: an API key id, a member id, or `operator`. */
  by: z.string(),
  /** `Workspace` as JSON. */
  doc: z.string(),
})
export type WorkspaceRecord = z.infer<typeof WorkspaceRecord>
