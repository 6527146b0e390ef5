import { randomBytes } from 'node:crypto'
import { createBeliefs, TWO_DAYS_MS } from './beliefs.ts'
import { faultOf, type MetaFault } from './meta-rules.ts'
import { isNumber, isObject, isText, type Json, type Twin, type TwinReply } from './twin.ts'

const EVENTS_MAX = 1_000
const PATH = /^\/(?:v(\d+)\.\d+\/)?([^/]+)\/events$/
const PIXEL = /^\d{5,20}$/
/** v20.0 died on 24 September 2026; v26.0 is the newest. https://developers.facebook.com/docs/graph-api/changelog */
const [OLDEST_VERSION, NEWEST_VERSION] = [21, 26]

/** Meta's Conversions API. One bad event refuses the whole batch.
 *  https://developers.facebook.com/documentation/ads-commerce/conversions-api/using-the-api */
export function createMetaTwin(): Twin {
  const beliefs = createBeliefs()
  return {
    name: 'meta',
    beliefs,
    unscripted: [],
    rehearse() {},
    tooMany: () => failure(400, { code: 4, subcode: 1504022, message: '(#4) Application request limit reached' }),
    handle({ method, path, query, json }, nowMs) {
      const [, version, pixel] = PATH.exec(path) ?? []
      if (method !== 'POST' || pixel === undefined) return failure(400, { code: 2500, message: 'Unknown path components' })
      if (version === undefined || Number(version) > NEWEST_VERSION)
        return failure(400, { code: 2500, message: 'Unknown path components: a call needs a version that exists' })
      if (Number(version) < OLDEST_VERSION)
        return failure(400, { code: 2635, message: '(#2635) You are calling a deprecated version of the Ads API' })
      const body = isObject(json) ? json : {}
      const token = body.access_token ?? query.access_token
      if (!isText(token)) return failure(400, { code: 190, message: 'An access token is required' })
      // 190 has been seen with HTTP 500: the status misleads.
      if (token.startsWith('expired')) return failure(500, { code: 190, subcode: 463, message: 'Error validating access token: expired' })
      if (!PIXEL.test(pixel))
        return failure(400, { code: 100, subcode: 33, message: `Unsupported post request. Object with ID '${pixel}' does not exist` })
      return receive(body, pixel, nowMs)
    },
  }

  function receive({ data, test_event_code }: Json, pixel: string, nowMs: number): TwinReply {
    if (!Array.isArray(data) || data.length === 0)
      return failure(400, { code: 100, message: '(#100) param data must be a non-empty array' })
    if (data.length > EVENTS_MAX) return failure(400, { code: 100, message: `(#100) param data has more than ${EVENTS_MAX} elements` })
    if (test_event_code !== undefined && !isText(test_event_code)) return failure(400, { code: 100, message: '(#100) test_event_code' })
    for (const [index, event] of data.entries()) {
      const fault = faultOf(event, nowMs)
      if (fault !== null)
        return failure(400, { code: 100, ...fault, message: `(#100) Invalid parameter: data[${index}]: ${fault.message}` })
    }
    // Events with a test code count too.
    for (const event of data as Json[]) beliefs.firstWins(believed(event, pixel), TWO_DAYS_MS, nowMs)
    return { status: 200, body: { events_received: data.length, messages: [], fbtrace_id: traceId() } }
  }
}

function believed(event: Json, pixel: string) {
  const custom = isObject(event.custom_data) ? event.custom_data : {}
  return {
    destination: pixel,
    event: String(event.event_name),
    event_id: isText(event.event_id) ? event.event_id : null,
    value: isNumber(custom.value) ? custom.value : null,
    currency: isText(custom.currency) ? custom.currency : null,
  }
}

function failure(status: number, { code, subcode, message }: MetaFault & { code: number }): TwinReply {
  return {
    status,
    body: {
      error: {
        message,
        type: 'OAuthException',
        code,
        ...(subcode !== undefined && { error_subcode: subcode }),
        is_transient: false,
        error_user_title: 'Invalid request',
        error_user_msg: message,
        fbtrace_id: traceId(),
      },
    },
  }
}

const traceId = (): string => `A${randomBytes(11).toString('base64url')}`
