import { z } from 'zod'
import { EpochMs } from '../events/shapes.ts'
import { ROLES } from './schema.ts'

/** A record of topic `accounts`: one person who signs in to the console. */
export const Account = z.strictObject({
  account_id: z.string(),
  email: z.string(),
  /** argon2id, PHC string. */
  password_hash: z.string(),
  memberships: z.array(z.strictObject({ workspace_id: z.string(), role: z.enum(ROLES) })),
  /** Sessions by the SHA-256 of their token. */
  sessions: z.array(z.strictObject({ hash: z.string(), created_at: EpochMs, seen_at: EpochMs })),
  version: z.int().positive(),
  at: EpochMs,
})
export type Account = z.infer<typeof Account>
