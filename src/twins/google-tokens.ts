import { randomBytes } from 'node:crypto'
import type { TwinReply, TwinRequest } from './twin.ts'

const TOKENS_MAX = 10_000
const LIFE_S = 3_599

export type Tokens = {
  issue(request: TwinRequest, nowMs: number): TwinReply
  /** Whether an Authorization header carries a token that was issued here and still lives. */
  admits(authorization: string | undefined, nowMs: number): boolean
}

/** Google's token endpoint. https://developers.google.com/identity/protocols/oauth2/web-server#offline */
export function createTokens(): Tokens {
  const issued = new Map<string, number>()
  return {
    issue({ text }, nowMs) {
      const form = new URLSearchParams(text)
      if (form.get('grant_type') !== 'refresh_token') return refused(400, 'unsupported_grant_type', 'Invalid grant_type')
      if (!form.get('client_id') || !form.get('client_secret')) return refused(401, 'invalid_client', 'The OAuth client was not found.')
      const refreshToken = form.get('refresh_token')
      if (!refreshToken) return refused(400, 'invalid_request', 'Missing required parameter: refresh_token')
      if (refreshToken.startsWith('revoked')) return refused(400, 'invalid_grant', 'Token has been expired or revoked.')
      const token = `ya29.twin-${randomBytes(24).toString('base64url')}`
      issued.set(token, nowMs + LIFE_S * 1_000)
      if (issued.size > TOKENS_MAX) issued.delete(issued.keys().next().value ?? '')
      const scope = 'https://www.googleapis.com/auth/datamanager'
      return { status: 200, body: { access_token: token, expires_in: LIFE_S, scope, token_type: 'Bearer' } }
    },
    admits(authorization, nowMs) {
      const token = /^Bearer (.+)$/.exec(authorization ?? '')?.[1]
      return token !== undefined && (issued.get(token) ?? 0) > nowMs
    },
  }
}

const refused = (status: number, error: string, error_description: string): TwinReply => ({ status, body: { error, error_description } })
