import { z } from 'zod'
import { ConversionInput, ConversionQuery, KeyQuery, PathQuery } from './conversion.ts'
import { JSON_TYPE, type Operation } from './operation.ts'
import { BatchReply, Currencies, Receipt } from './shapes.ts'

const FORM = 'application/x-www-form-urlencoded'
const TEXT = 'text/plain'
const NDJSON = 'application/x-ndjson'
const CONVERSIONS = '/api/v1/postback/conversions'

const SIGNING = `A source of kind backend may sign, and with require_signature must: webhook-id, webhook-timestamp (seconds, within five minutes of ours) and
webhook-signature (v1,<base64> of HMAC-SHA256 over <webhook-id>.<webhook-timestamp>.<body> under signing_secret, the base64 after whsec_),
as the libraries of https://www.standardwebhooks.com do it. A signed URL has no parameter but key and return. The same webhook-id,
or Idempotency-Key without a signature, counts once.`
const TAKEN = {
  description: 'Stored. 200 also for what cannot be read as a conversion: it is kept in quarantine and shown.',
  schema: Receipt,
  also: ['image/gif', TEXT],
}
/** Over the limit of the workspace, outside of its allowlist, or nowhere to keep it. */
const SHUT = ['rate_limited', 'ip_not_allowed', 'spool_full', 'overloaded'] as const
const STRICT = [...SHUT, 'body_too_large', 'invalid_json', 'validation_failed', 'unauthorized'] as const
const MESSAGE_HEADERS = z.object({
  'idempotency-key': z.string().max(255).optional().describe('Names an unsigned message; sent again, it counts once.'),
  'webhook-id': z.string().max(255).optional().describe('Names a signed message; sent again, it counts once.'),
  'webhook-timestamp': z.string().optional().describe('Whole seconds since 1970, of this attempt.'),
  'webhook-signature': z.string().optional().describe('v1,<base64>; several with blanks between them.'),
})
const PURCHASE = { event: 'Purchase', click_id: 'w2PZ7kAb3FqYcR9dLm1e', value: '12.34', currency: 'EUR', transaction_id: 'order-1001' }
const RECEIVED = { status: 'received', durability: 'kafka', warnings: [] }

export const receiving: readonly Operation[] = [
  {
    id: 'receiveByGet',
    method: 'get',
    path: CONVERSIONS,
    tag: 'Postbacks',
    summary: 'Receive a conversion from a tracker',
    description: 'Every parameter of every known tracker is read; what none knows is kept. HEAD, OPTIONS and prefetches record nothing.',
    access: 'source key',
    query: ConversionQuery,
    replies: { 200: TAKEN, 204: { description: 'return=204' } },
    problems: [...SHUT, 'validation_failed', 'unauthorized'],
    examples: {
      purchase: { summary: 'A purchase', params: { key: '{key}', ...PURCHASE }, status: 200, answer: RECEIVED },
      macro: {
        summary: 'A click id macro that the tracker did not replace: stored, and told',
        params: { key: '{key}', event: 'Lead', click_id: '{clickid}' },
        status: 200,
        answer: { status: 'received', warnings: [{ code: 'macro_unreplaced', param: 'click_id' }] },
      },
      form: { summary: 'The answer a network wants', params: { key: '{key}', event: 'Lead', click_id: 'c1', return: 'OK' }, status: 200 },
      empty: { summary: 'No body', params: { key: '{key}', event: 'Lead', click_id: 'c1', return: '204' }, status: 204 },
      unknown: {
        summary: 'A key that is wrong, revoked or retired',
        params: { key: 'acme-shop.1.r1.AAAAAAAAAAAAAAAAAAAAAA', event: 'Lead' },
        status: 404,
        answer: { code: 'key_unknown', status: 404, errors: [{ param: 'key', sent: '[not shown]' }] },
      },
    },
  },
  {
    id: 'receiveByPost',
    method: 'post',
    path: CONVERSIONS,
    tag: 'Postbacks',
    summary: 'Receive a conversion in a body',
    description: `Form or JSON, told apart by what it is. The body goes before the query. ${SIGNING}`,
    access: 'source key',
    query: ConversionQuery,
    headers: MESSAGE_HEADERS,
    body: { [JSON_TYPE]: ConversionInput, [FORM]: ConversionInput, [TEXT]: z.string().describe('JSON or a form as text') },
    replies: { 200: TAKEN, 204: { description: 'return=204' } },
    problems: STRICT,
    examples: {
      json: {
        summary: 'A purchase with user data',
        params: { key: '{key}' },
        body: { ...PURCHASE, user_email: 'jane@example.com' },
        status: 200,
        answer: RECEIVED,
      },
      form: {
        ...{
          summary: 'A form',
          params: { key: '{key}' },
          type: FORM,
          body: { event: 'Lead', click_id: 'c1', custom_data: '{"plan":"pro"}' },
        },
        ...{ status: 200, answer: RECEIVED },
      },
      text: {
        summary: 'JSON as text',
        params: { key: '{key}' },
        type: TEXT,
        body: '{"event":"Lead","click_id":"c1"}',
        status: 200,
        answer: RECEIVED,
      },
      strict: {
        summary: 'What a backend is refused for',
        params: { key: '{backend_key}' },
        body: { ...PURCHASE, value: 'ten' },
        status: 422,
        answer: {
          code: 'validation_failed',
          errors: [{ param: 'value', sent: 'ten', expected: 'Send digits with one decimal point, such as 12.34.' }],
        },
      },
      broken: {
        ...{
          summary: 'Not JSON',
          params: { key: '{backend_key}' },
          type: TEXT,
          body: '{"event":',
          status: 400,
          answer: { code: 'invalid_json' },
        },
      },
      signature: {
        summary: 'A signature that is too old',
        params: { key: '{backend_key}' },
        headers: { 'webhook-id': 'msg_1', 'webhook-timestamp': '1700000000', 'webhook-signature': 'v1,AAAA' },
        body: PURCHASE,
        status: 401,
        answer: { code: 'unauthorized', errors: [{ param: 'webhook-timestamp', code: 'timestamp_too_old' }] },
      },
    },
  },
  {
    id: 'receiveByPath',
    method: 'get',
    path: `${CONVERSIONS}/{key}`,
    tag: 'Postbacks',
    summary: 'The same with the key in the path, for senders that mangle queries',
    access: 'source key',
    places: { key: 'The key of the source.' },
    query: PathQuery,
    replies: { 200: TAKEN, 204: { description: 'return=204' } },
    problems: [...SHUT, 'validation_failed', 'unauthorized'],
    examples: { purchase: { summary: 'A purchase', params: { key: '{key}', ...PURCHASE }, status: 200, answer: RECEIVED } },
  },
  {
    id: 'receiveByPathAndPost',
    method: 'post',
    path: `${CONVERSIONS}/{key}`,
    tag: 'Postbacks',
    summary: 'The same with the key in the path and a body',
    access: 'source key',
    places: { key: 'The key of the source.' },
    query: PathQuery,
    headers: MESSAGE_HEADERS,
    body: { [JSON_TYPE]: ConversionInput, [FORM]: ConversionInput, [TEXT]: z.string() },
    replies: { 200: TAKEN, 204: { description: 'return=204' } },
    problems: STRICT,
    examples: { json: { summary: 'A purchase', params: { key: '{key}' }, body: PURCHASE, status: 200, answer: RECEIVED } },
  },
  {
    id: 'receiveBatch',
    method: 'post',
    path: `${CONVERSIONS}/batch`,
    tag: 'Postbacks',
    summary: 'Receive up to 10,000 conversions',
    description: `A JSON array, or one object a line; at most 10 MB. Each item has its own answer; all are stored, or none is. ${SIGNING}`,
    access: 'source key',
    query: KeyQuery,
    headers: MESSAGE_HEADERS,
    body: { [JSON_TYPE]: z.array(ConversionInput).max(10_000), [NDJSON]: z.string().describe('One JSON object a line') },
    replies: { 200: { description: 'Stored; items says it of each.', schema: BatchReply } },
    problems: STRICT,
    examples: {
      array: {
        ...{ summary: 'Two conversions', params: { key: '{key}' }, body: [PURCHASE, { event: 'Lead', click_id: 'c2' }], status: 200 },
        answer: {
          accepted: 2,
          rejected: 0,
          items: [
            { index: 0, status: 'received' },
            { index: 1, status: 'received' },
          ],
        },
      },
      lines: {
        ...{
          summary: 'One a line',
          params: { key: '{key}' },
          type: NDJSON,
          body: '{"event":"Lead","click_id":"c1"}\n{"event":"Lead","click_id":"c2"}\n',
          status: 200,
        },
        answer: { accepted: 2, rejected: 0 },
      },
      partly: {
        ...{
          summary: 'A backend is told of each item',
          params: { key: '{backend_key}' },
          body: [PURCHASE, { event: 'Lead', value: 'x' }],
          status: 200,
        },
        answer: {
          accepted: 1,
          rejected: 1,
          items: [
            { index: 0, status: 'received' },
            { index: 1, status: 422, code: 'validation_failed' },
          ],
        },
      },
      neither: {
        summary: 'Neither form',
        params: { key: '{key}' },
        type: NDJSON,
        body: 'hello',
        status: 400,
        answer: { code: 'invalid_json' },
      },
    },
  },
  {
    id: 'currencies',
    method: 'get',
    path: `${CONVERSIONS}/currencies`,
    tag: 'Postbacks',
    summary: 'The currencies that a value may have',
    access: 'nobody asks',
    replies: { 200: { description: 'ISO 4217', schema: Currencies } },
    examples: { all: { summary: 'All', status: 200 } },
  },
]
