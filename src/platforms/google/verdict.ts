import type { HttpReply, Verdict } from '../definition.ts'
import { readJson, retry, textOrNull, throttled, unreadable } from '../reply.ts'

/** `requestId` says that the batch was taken, not yet that it counts: that follows up to a day later, by
 *  `requestStatus:retrieve`. Errors are google.rpc.Status: https://developers.google.com/data-manager/api/devguides/concepts/errors */
export function verdict(reply: HttpReply): Verdict {
  const body = readJson(reply.body)
  if (body === undefined) return unreadable(reply)
  if (typeof body.error === 'object' && body.error !== null) return ofError(reply, body.error as Record<string, unknown>)
  const traceId = textOrNull(body.requestId)
  return reply.status === 200 && traceId !== null ? { kind: 'accepted', traceId } : unreadable(reply)
}

type Detail = Readonly<Record<string, unknown>>

function ofError(reply: HttpReply, error: Record<string, unknown>): Verdict {
  const details = Array.isArray(error.details) ? (error.details as Detail[]) : []
  const traceId = textOrNull(details.find((detail) => 'requestId' in detail)?.requestId)
  const reasons = details.map((detail) => String(detail.reason ?? ''))
  const violations = details.flatMap((detail) => (Array.isArray(detail.fieldViolations) ? (detail.fieldViolations as Detail[]) : []))
  const all = [...reasons, ...violations.map((violation) => String(violation.reason ?? ''))]
  if (all.some((reason) => /ALLOWLISTED/.test(reason))) return { kind: 'blocked', why: 'not_allowlisted', traceId }
  switch (error.status) {
    case 'UNAUTHENTICATED':
      return { kind: 'blocked', why: 'token', traceId }
    case 'PERMISSION_DENIED':
      return { kind: 'blocked', why: 'permission', traceId }
    case 'INVALID_ARGUMENT':
      // A fault of the account is a fault of every event alike, so splitting the batch would fail them all.
      return violations.some((violation) => /^destinations.*account/i.test(String(violation.field)))
        ? { kind: 'blocked', why: 'permission', traceId }
        : { kind: 'refused', why: 'refused', traceId }
    case 'RESOURCE_EXHAUSTED':
      return withDelay(throttled(reply, traceId), details)
    default: // INTERNAL, UNAVAILABLE, DEADLINE_EXCEEDED, ABORTED (https://google.aip.dev/194 allows it), and what is new
      return reply.status === 429 ? throttled(reply, traceId) : retry(reply, traceId)
  }
}

/** google.rpc.RetryInfo, for answers without Retry-After: `{retryDelay: '30s'}`. */
function withDelay(verdict: Verdict, details: readonly Detail[]): Verdict {
  const delay = /^(\d+(?:\.\d+)?)s$/.exec(String(details.find((detail) => 'retryDelay' in detail)?.retryDelay ?? ''))?.[1]
  if (verdict.kind !== 'throttled' || verdict.afterMs !== undefined || delay === undefined) return verdict
  return { ...verdict, afterMs: Math.ceil(Number(delay) * 1_000) }
}
