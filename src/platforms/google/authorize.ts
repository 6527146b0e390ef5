import type { HttpReply, HttpRequest, Target, Verdict } from '../definition.ts'
import { readJson, retry, throttled, unreadable } from '../reply.ts'
import type { Credentials, Settings } from './settings.ts'

/** Trades the refresh token for an access token. https://developers.google.com/identity/protocols/oauth2/web-server#offline */
export const authorizeRequest = ({ hosts, credentials }: Target<Settings, Credentials>): HttpRequest => ({
  method: 'POST',
  url: `${hosts.oauth}/token`,
  headers: { 'content-type': 'application/x-www-form-urlencoded' },
  body: new URLSearchParams({ grant_type: 'refresh_token', ...credentials }).toString(),
})

/** RFC 6749 section 5.2, as far as it is the credentials' fault. */
const OF_CREDENTIALS = new Set(['invalid_grant', 'invalid_client', 'unauthorized_client', 'invalid_scope', 'deleted_client'])

export function readAuthorized(
  reply: HttpReply,
): { readonly kind: 'token'; readonly accessToken: string; readonly expiresInMs: number } | Verdict {
  const body = readJson(reply.body)
  if (body === undefined) return unreadable(reply)
  if (typeof body.access_token === 'string' && typeof body.expires_in === 'number')
    return { kind: 'token', accessToken: body.access_token, expiresInMs: body.expires_in * 1_000 }
  if (OF_CREDENTIALS.has(String(body.error))) return { kind: 'blocked', why: 'token', traceId: null }
  if (reply.status === 429) return throttled(reply, null)
  return retry(reply, null)
}
