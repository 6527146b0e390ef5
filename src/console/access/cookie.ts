import { SESSION_ABSOLUTE_MS } from '../accounts/sessions.ts'

/** The `__Host-` prefix binds the cookie to this host and to TLS; plain http (the local stack) cannot have it. */
const nameFor = (isHttps: boolean): string => (isHttps ? '__Host-session' : 'session')

/** The session token of a Cookie header; undefined when there is none. */
export function sessionToken(header: string | undefined, isHttps: boolean): string | undefined {
  const name = nameFor(isHttps)
  for (const pair of header?.split(';') ?? []) {
    const [key = '', value = ''] = pair.trim().split('=', 2)
    if (key === name && /^[\w-]{43}$/.test(value)) return value
  }
  return undefined
}

/** A Set-Cookie value; null takes the cookie away. */
export function sessionCookie(token: string | null, isHttps: boolean): string {
  const maxAge = token === null ? 0 : Math.floor(SESSION_ABSOLUTE_MS / 1_000)
  return `${nameFor(isHttps)}=${token ?? ''}; Path=/; Max-Age=${maxAge}; HttpOnly; SameSite=Lax${isHttps ? '; Secure' : ''}`
}
