import type { HttpReply, Verdict } from './definition.ts'

/** The body as a JSON object; undefined for HTML, cut-off JSON, or JSON that is none. */
export function readJson(body: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(body)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

/** What an answer says that is none of the platform's own: a proxy's page, or JSON that was cut off. A 200 proves nothing then. */
export function unreadable(reply: HttpReply): Verdict {
  if (reply.status === 429) return throttled(reply, null)
  return { kind: 'retry', why: reply.status >= 500 ? 'server_error' : 'reply_unreadable', ...after(reply), traceId: null }
}

export const retry = (reply: HttpReply, traceId: string | null): Verdict => ({
  kind: 'retry',
  why: 'server_error',
  ...after(reply),
  traceId,
})
export const throttled = (reply: HttpReply, traceId: string | null): Verdict => ({ kind: 'throttled', ...after(reply), traceId })

const after = (reply: HttpReply): { afterMs?: number } => {
  const afterMs = retryAfterMs(reply.headers)
  return afterMs === undefined ? {} : { afterMs }
}

/** `Retry-After` (RFC 9110 section 10.2.3) in ms, from seconds, or from a date against the answer's own `Date`; undefined when
 *  absent, unreadable, or in the past. */
export function retryAfterMs(headers: HttpReply['headers']): number | undefined {
  const field = (name: string) => headers[name] ?? headers[name.toLowerCase()]
  const text = field('Retry-After')?.trim()
  if (text === undefined) return undefined
  if (/^\d+$/.test(text)) return Number(text) * 1_000
  const waitMs = Date.parse(text) - Date.parse(field('Date') ?? '')
  return waitMs > 0 ? waitMs : undefined // NaN is not above zero
}

export const textOrNull = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null)
