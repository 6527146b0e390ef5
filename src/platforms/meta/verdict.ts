import type { BlockedWhy, ExpiredWhy, FailedWhy } from '../../events/stages.ts'
import type { HttpReply, Verdict } from '../definition.ts'
import { HOUR_MS } from '../facts.ts'
import { readJson, retry, textOrNull, throttled, unreadable } from '../reply.ts'

/** Meta's `error.code`, since HTTP misleads both ways: 190 has come with 500, and 21009 and 17, which pass, with 400.
 *  https://developers.facebook.com/docs/graph-api/guides/error-handling and the table of rudderlabs/rudder-transformer */
const RETRY = new Set([1, 2, 341, 5000, 21009])
const THROTTLED = new Set([4, 17, 32, 613, 80000, 80003, 80004, 80014])
const BLOCKED: Readonly<Record<number, BlockedWhy>> = {
  102: 'token',
  104: 'token',
  190: 'token',
  3: 'permission',
  10: 'permission',
  2635: 'version',
}
const isPermission = (code: number): boolean => code >= 200 && code <= 299 // "API permission (multiple values)"

/** Of code 100, an invalid parameter; 33 is about the pixel itself. */
const WRONG_PIXEL = 33
const REFUSED: Readonly<Record<number, FailedWhy | ExpiredWhy>> = {
  2804003: 'too_old',
  2804009: 'missing_value',
  2804050: 'missing_identifiers',
}

/** A block for policy; it passes, though not within minutes. */
const POLICY_BLOCK = 368

export function verdict(reply: HttpReply, sent: number): Verdict {
  const body = readJson(reply.body)
  if (body === undefined) return unreadable(reply)
  if (typeof body.error === 'object' && body.error !== null) return ofError(reply, body.error as Record<string, unknown>)
  const traceId = textOrNull(body.fbtrace_id)
  if (typeof body.events_received !== 'number') return { ...unreadable(reply), traceId }
  if (body.events_received === sent) return { kind: 'accepted', traceId }
  // Which ones were not received is not said; alone, each says so for itself, under the same event id.
  return { kind: 'refused', why: 'unknown_reply', traceId }
}

function ofError(reply: HttpReply, error: Record<string, unknown>): Verdict {
  const traceId = textOrNull(error.fbtrace_id)
  const code = Number(error.code)
  const subcode = Number(error.error_subcode)
  const blocked = BLOCKED[code] ?? (isPermission(code) || (code === 100 && subcode === WRONG_PIXEL) ? 'permission' : undefined)
  if (blocked !== undefined) return { kind: 'blocked', why: blocked, traceId }
  if (THROTTLED.has(code)) return throttled(reply, traceId)
  if (code === POLICY_BLOCK) return { kind: 'throttled', afterMs: HOUR_MS, traceId }
  if (RETRY.has(code) || error.is_transient === true) return retry(reply, traceId)
  if (code === 100) return { kind: 'refused', why: REFUSED[subcode] ?? 'refused', traceId }
  return reply.status === 429 ? throttled(reply, traceId) : retry(reply, traceId)
}
