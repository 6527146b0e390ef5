import { adjust as adjustDialect } from '../../src/dialects/adjust/index.ts'
import { appsflyer as appsflyerDialect } from '../../src/dialects/appsflyer/index.ts'
import { is2xx, is5xx, type SenderDefinition, SHORTEST_TIMEOUT_MS } from './definition.ts'
import { fill } from './fill.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000

/** "Timeouts: 2 seconds. We retry almost immediately and we retry only once", and "error codes mean it succeeded from our end ... we
 *  don't retry those": https://help.branch.io/faq/docs/what-is-the-retry-logic-for-webhooks. POST with a JSON body of its own, while
 *  the address bears the macros: https://help.branch.io/using-branch/docs/postback-macros-functions. */
export const branch: SenderDefinition = {
  id: 'branch',
  tracker: 'generic',
  connection: 'new',
  timeoutMs: 2_000,
  concurrency: 8,
  followsRedirects: false,
  isSuccess: is2xx,
  isTriedAgain: ({ kind }) => kind === 'late',
  againAfterMs: [0],
  gathersMs: 0,
  turnsOff: null,
  call: ({ n, clickId, transactionId, value, atMs }) => ({
    method: 'POST',
    params: [
      ['event', 'PURCHASE'], // ${(name)!}
      ['event_time', String(atMs)], // ${(event_timestamp)!}
      ['click_id', clickId],
      ['transaction_id', transactionId],
      ['value', value],
      ['currency', 'USD'],
    ],
    body: {
      type: 'application/json',
      text: JSON.stringify({
        name: 'PURCHASE',
        id: String(880_000_000 + n),
        timestamp: atMs,
        attributed: true,
        last_attributed_touch_data: { '~campaign': 'autumn', '~channel': 'network' },
        event_data: { revenue: Number(value), currency: 'USD', transaction_id: transactionId },
      }),
    },
  }),
}

/** "If your server endpoint is unavailable or returns a 5xx HTTP response, Adjust tries to resend the callback up to six times over
 *  the next 24 hours", and it "doesn't follow any redirects": https://help.adjust.com/en/article/callbacks-checklist-partner. How the
 *  six are spread is not said: evenly. A placeholder without a value is dropped with its parameter:
 *  https://help.adjust.com/en/article/event-callbacks. */
export const adjust: SenderDefinition = {
  id: 'adjust',
  tracker: 'adjust',
  connection: 'kept',
  timeoutMs: SHORTEST_TIMEOUT_MS,
  concurrency: 8,
  followsRedirects: false,
  isSuccess: is2xx,
  isTriedAgain: (result) => result.kind !== 'answered' || is5xx(result),
  againAfterMs: new Array<number>(6).fill(4 * HOUR_MS),
  gathersMs: 0,
  turnsOff: null,
  call: ({ clickId, value, atMs }) => ({
    method: 'GET',
    params: fill(adjustDialect, {
      '{click_id}': clickId,
      '{activity_kind}': 'event',
      '{event_name}': 'Purchase',
      '{revenue_float}': value,
      '{currency}': 'USD',
      '{created_at}': String(Math.floor(atMs / 1_000)),
      '{gps_adid}': '',
      '{idfa}': '',
    }).filter(([, text]) => text !== ''),
    body: null,
  }),
}

/** "A postback is retried when the response indicates ... 5XX errors", "up to four additional times in 15-minute intervals"; one that
 *  was taken while its answer failed or was delayed "is considered a failed postback", so it comes twice:
 *  https://support.appsflyer.com/hc/en-us/articles/360001376085-Postback-retries. That a connection which breaks is not tried again
 *  is the hardest reading of it. */
export const appsflyer: SenderDefinition = {
  id: 'appsflyer',
  tracker: 'appsflyer',
  connection: 'kept',
  timeoutMs: SHORTEST_TIMEOUT_MS,
  concurrency: 8,
  followsRedirects: false,
  isSuccess: is2xx,
  isTriedAgain: (result) => result.kind === 'late' || is5xx(result),
  againAfterMs: new Array<number>(4).fill(15 * MINUTE_MS),
  gathersMs: 0,
  turnsOff: null,
  call: ({ clickId, value, atMs }) => ({
    method: 'GET',
    params: fill(appsflyerDialect, {
      '{clickid}': clickId,
      '{event_name}': 'af_purchase',
      '{event_revenue}': value,
      '{event_revenue_currency}': 'USD',
      '{event_time}': new Date(atMs).toISOString().replace('T', ' ').replace('Z', ''),
    }),
    body: null,
  }),
}

/** "We make three attempts to deliver callbacks to your server. If all attempts fail, your endpoint will be blacklisted for 15
 *  minutes", "during blacklistings, the callbacks will not be sent", and "deems a request successful if your server responds 200-302":
 *  https://docs.chartboost.com/en/advertising/callbacks/callback-policies/. A POST "does not include data in the body": it is in the
 *  query, under names of our own choice (.../callbacks/setting-up-callbacks/). The pauses between the three are not said: one second. */
export const chartboost: SenderDefinition = {
  id: 'chartboost',
  tracker: 'generic',
  connection: 'new',
  timeoutMs: SHORTEST_TIMEOUT_MS,
  concurrency: 4,
  followsRedirects: true,
  isSuccess: (status) => status >= 200 && status <= 302,
  isTriedAgain: (result) => result.kind !== 'answered' || !chartboost.isSuccess(result.status),
  againAfterMs: [1_000, 1_000],
  gathersMs: 0,
  turnsOff: { after: 1, failed: 'conversions' },
  call: ({ clickId, value }) => ({
    method: 'POST',
    params: [
      ['event', 'Purchase'],
      ['click_id', clickId], // Click ID
      ['value', value], // Bid Value
      ['currency', 'USD'],
      ['sub1', '5361f8abc26ee43e1c3aafe2'], // Campaign ID
      ['sub2', 'rewarded_video'], // Ad Type
    ],
    body: null,
  }),
}
