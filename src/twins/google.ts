import { randomUUID } from 'node:crypto'
import { createBeliefs } from './beliefs.ts'
import { violationsOf } from './google-rules.ts'
import { createTokens } from './google-tokens.ts'
import { isNumber, isObject, isText, type Json, type Twin, type TwinReply } from './twin.ts'

const HOUR_MS = 3_600_000
/** A result is there after about half an hour. */
const CONFIRM_AFTER_MS = HOUR_MS / 2
const OLDEST_MS = 90 * 24 * HOUR_MS
const YOUNGEST_CLICK_MS = 6 * HOUR_MS
const REQUESTS_MAX = 20_000

type Counts = { ok: number; errors: Map<string, number> }
type Ingested = { atMs: number; confirmAfterMs: number; counts: { destination: Json; counts: Counts }[] }

/** Google's Data Manager API with its token endpoint. A structural fault refuses the request at once; what is wrong with a
 *  conversion itself shows later, as counts. https://developers.google.com/data-manager/api */
export function createGoogleTwin(): Twin {
  const beliefs = createBeliefs()
  const tokens = createTokens()
  const ingested = new Map<string, Ingested>()
  let confirmAfterMs = CONFIRM_AFTER_MS
  let clicks: Readonly<Record<string, number>> = {}

  return {
    name: 'google',
    beliefs,
    unscripted: ['/token'],
    rehearse(script) {
      confirmAfterMs = script.confirm_after_ms ?? CONFIRM_AFTER_MS
      clicks = script.clicks
    },
    tooMany: () => failure(429, 'RESOURCE_EXHAUSTED', "Quota exceeded for quota metric 'Requests'.", [{ reason: 'RATE_LIMIT_EXCEEDED' }]),
    handle(request, nowMs) {
      const { method, path, headers, query, json } = request
      if (method === 'POST' && path === '/token') return tokens.issue(request, nowMs)
      const known = (method === 'POST' && path === '/v1/events:ingest') || (method === 'GET' && path === '/v1/requestStatus:retrieve')
      if (!known) return { status: 404, body: '<!DOCTYPE html><title>Error 404 (Not Found)!!1</title>' }
      if (!tokens.admits(headers.authorization, nowMs))
        return failure(401, 'UNAUTHENTICATED', 'Request had invalid authentication credentials.', [{ reason: 'ACCESS_TOKEN_EXPIRED' }])
      if (method === 'GET') return statusOf(query.requestId ?? '', nowMs)
      return isObject(json) ? ingest(json, nowMs) : failure(400, 'INVALID_ARGUMENT', 'Invalid JSON payload received.', [])
    },
  }

  function ingest(request: Json, nowMs: number): TwinReply {
    const fieldViolations = violationsOf(request, nowMs)
    if (fieldViolations.length > 0)
      return failure(400, 'INVALID_ARGUMENT', 'There was a problem with the request.', [
        { '@type': 'type.googleapis.com/google.rpc.BadRequest', fieldViolations },
      ])
    const requestId = randomUUID()
    if (request.validateOnly === true) return { status: 200, body: { requestId } } // its result cannot be asked for
    const destinations = request.destinations as Json[] // the rules have seen it
    const counts = destinations.map((destination) => ({ destination, counts: { ok: 0, errors: new Map<string, number>() } }))
    for (const event of request.events as Json[]) {
      const references = (event.destinationReferences ?? []) as unknown[]
      for (const one of counts)
        if (references.length === 0 || references.includes(one.destination.reference)) count(event, one.destination, one.counts, nowMs)
    }
    ingested.set(requestId, { atMs: nowMs, confirmAfterMs, counts })
    if (ingested.size > REQUESTS_MAX) ingested.delete(ingested.keys().next().value ?? '')
    return { status: 200, body: { requestId } }
  }

  function count(event: Json, destination: Json, counts: Counts, nowMs: number): void {
    const reason = processingError(event, nowMs)
    if (reason !== null) {
      counts.errors.set(reason, (counts.errors.get(reason) ?? 0) + 1)
      return
    }
    counts.ok += 1
    const account = destination.operatingAccount as Json
    beliefs.lastWins({
      destination: `${account.accountId}/${destination.productDestinationId}`,
      event: String(destination.productDestinationId),
      event_id: isText(event.transactionId) ? event.transactionId : null,
      value: isNumber(event.conversionValue) ? event.conversionValue : null,
      currency: isText(event.currency) ? event.currency : null,
    })
  }

  /** What shows only later. A gclid tells its time to Google alone, so a script must register it here. */
  function processingError(event: Json, nowMs: number): string | null {
    const happenedMs = Date.parse(String(event.eventTimestamp))
    if (nowMs - happenedMs > OLDEST_MS) return 'PROCESSING_ERROR_REASON_EVENT_TOO_OLD'
    if (isObject(event.consent) && event.consent.adUserData === 'CONSENT_DENIED') return 'PROCESSING_ERROR_REASON_DENIED_CONSENT'
    const gclid = isObject(event.adIdentifiers) ? event.adIdentifiers.gclid : undefined
    const clickedMs = isText(gclid) && Object.hasOwn(clicks, gclid) ? clicks[gclid] : undefined
    if (clickedMs === undefined) return null
    if (nowMs - clickedMs < YOUNGEST_CLICK_MS) return 'PROCESSING_ERROR_REASON_TOO_RECENT_CLICK'
    return happenedMs < clickedMs ? 'PROCESSING_ERROR_REASON_CONVERSION_PRECEDES_CLICK' : null
  }

  function statusOf(requestId: string, nowMs: number): TwinReply {
    const request = ingested.get(requestId)
    if (request === undefined)
      return failure(400, 'INVALID_ARGUMENT', 'The request id is unknown.', [
        {
          '@type': 'type.googleapis.com/google.rpc.BadRequest',
          fieldViolations: [{ field: 'request_id', description: 'Unknown.', reason: 'INVALID_REQUEST_ID' }],
        },
      ])
    const done = nowMs - request.atMs >= request.confirmAfterMs
    const requestStatusPerDestination = request.counts.map(({ destination, counts }) =>
      done ? resultOf(destination, counts) : { destination, requestStatus: 'PROCESSING' },
    )
    return { status: 200, body: { requestStatusPerDestination } }
  }
}

/** Counts alone: no row is named. 64-bit numbers are texts in JSON. */
function resultOf(destination: Json, { ok, errors }: Counts): Json {
  const failed = [...errors.values()].reduce((sum, one) => sum + one, 0)
  const errorCounts = [...errors].map(([reason, recordCount]) => ({ recordCount: String(recordCount), reason }))
  return {
    destination,
    requestStatus: failed === 0 ? 'SUCCESS' : ok === 0 ? 'FAILED' : 'PARTIAL_SUCCESS',
    ...(failed > 0 && { errorInfo: { errorCounts } }),
    eventsIngestionStatus: { recordCount: String(ok + failed) },
  }
}

function failure(code: number, status: string, message: string, details: readonly Json[]): TwinReply {
  const info = { '@type': 'type.googleapis.com/google.rpc.RequestInfo', requestId: randomUUID() }
  const reasons = details.map((detail) =>
    'reason' in detail
      ? { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', domain: 'datamanager.googleapis.com', metadata: {}, ...detail }
      : detail,
  )
  return { status: code, body: { error: { code, message, status, details: [...reasons, info] } } }
}
