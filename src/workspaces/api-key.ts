import { hash, randomBytes } from 'node:crypto'
import type { ApiKey, Role } from './schema.ts'

/** The prefix lets secret scanners see a leaked key. */
const PREFIX = 'pb_live_'

/** A new API key: `token` is shown once, `stored` holds its SHA-256 alone. */
export function mintApiKey(given: { id: string; name: string; role: Role; nowMs: number }): { token: string; stored: ApiKey } {
  const token = `${PREFIX}${randomBytes(32).toString('base64url')}`
  const { id, name, role, nowMs } = given
  return {
    token,
    stored: { id, name, role, hash: hash('sha256', token, 'hex'), last4: token.slice(-4), created_at: nowMs, revoked_at: null },
  }
}
