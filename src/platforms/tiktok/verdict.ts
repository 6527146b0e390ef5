import type { BlockedWhy } from '../../events/stages.ts'
import type { HttpReply, Verdict } from '../definition.ts'
import { readJson, retry, textOrNull, throttled, unreadable } from '../reply.ts'

/** TikTok answers HTTP 200 to refusals too; the body's `code` is the answer. Its own table of codes is not public: these are
 *  from rudderlabs/rudder-transformer and from answers seen. */
const BLOCKED: Readonly<Record<number, BlockedWhy>> = { 40001: 'permission', 40101: 'token', 40104: 'token', 40105: 'token' }
const THROTTLED = new Set([40100, 51021])
const INVALID_PARAMETER = 40002
/** "Partially successful", it is said; rudder counts it a success. */
const PARTIAL = 20001

export function verdict(reply: HttpReply, sent: number): Verdict {
  const body = readJson(reply.body)
  if (body === undefined || typeof body.code !== 'number') return unreadable(reply)
  const traceId = textOrNull(body.request_id)
  const { code } = body
  if (code === 0) return { kind: 'accepted', traceId }
  // Part of a batch may be missing, and which is not said: alone, each event is its own answer, under the same event id.
  if (code === PARTIAL) return sent === 1 ? { kind: 'accepted', traceId } : { kind: 'refused', why: 'unknown_reply', traceId }
  if (code === INVALID_PARAMETER) return { kind: 'refused', why: 'refused', traceId }
  const blocked = BLOCKED[code]
  if (blocked !== undefined) return { kind: 'blocked', why: blocked, traceId }
  return THROTTLED.has(code) || reply.status === 429 ? throttled(reply, traceId) : retry(reply, traceId)
}
