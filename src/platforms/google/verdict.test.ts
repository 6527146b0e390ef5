import { expect, test } from 'vitest'
import { readAuthorized } from './authorize.ts'
import { verdict } from './verdict.ts'

const reply = (status: number, body: unknown, headers: Record<string, string> = {}) => ({
  status,
  headers,
  body: typeof body === 'string' ? body : JSON.stringify(body),
})
const info = { '@type': 'type.googleapis.com/google.rpc.RequestInfo', requestId: 'r1' }
const error = (code: number, status: string, ...details: object[]) => ({
  error: { code, message: 'm', status, details: [info, ...details] },
})
const violation = (field: string, reason: string) => ({
  '@type': 'type.googleapis.com/google.rpc.BadRequest',
  fieldViolations: [{ field, description: 'd', reason }],
})

test.each([
  ['a request id', reply(200, { requestId: 'r1' }), { kind: 'accepted', traceId: 'r1' }],
  [
    'a request id with warnings',
    reply(200, { requestId: 'r1', fieldWarnings: [{ reason: 'WARNING_REASON_X' }] }),
    { kind: 'accepted', traceId: 'r1' },
  ],
  ['200 without a request id', reply(200, {}), { kind: 'retry', why: 'reply_unreadable', traceId: null }],
  ['HTML with 200', reply(200, '<html>'), { kind: 'retry', why: 'reply_unreadable', traceId: null }],
  ['cut-off JSON', reply(200, '{"requestId":"r'), { kind: 'retry', why: 'reply_unreadable', traceId: null }],
  ['HTML with 502', reply(502, '<html>'), { kind: 'retry', why: 'server_error', traceId: null }],
  ['401', reply(401, error(401, 'UNAUTHENTICATED')), { kind: 'blocked', why: 'token', traceId: 'r1' }],
  [
    '403, service disabled',
    reply(403, error(403, 'PERMISSION_DENIED', { reason: 'SERVICE_DISABLED' })),
    { kind: 'blocked', why: 'permission', traceId: 'r1' },
  ],
  [
    'not admitted',
    reply(403, error(403, 'PERMISSION_DENIED', { reason: 'NOT_ALLOWLISTED' })),
    { kind: 'blocked', why: 'not_allowlisted', traceId: 'r1' },
  ],
  [
    'a bad event',
    reply(400, error(400, 'INVALID_ARGUMENT', violation('events.events[0].user_data', 'INVALID_HEX_ENCODING'))),
    { kind: 'refused', why: 'refused', traceId: 'r1' },
  ],
  [
    'a bad account',
    reply(400, error(400, 'INVALID_ARGUMENT', violation('destinations.destinations[0].operating_account', 'INVALID_DESTINATION'))),
    { kind: 'blocked', why: 'permission', traceId: 'r1' },
  ],
  [
    '429 with Retry-After',
    reply(429, error(429, 'RESOURCE_EXHAUSTED'), { 'retry-after': '7' }),
    { kind: 'throttled', afterMs: 7_000, traceId: 'r1' },
  ],
  [
    '429 with RetryInfo',
    reply(429, error(429, 'RESOURCE_EXHAUSTED', { retryDelay: '30s' })),
    { kind: 'throttled', afterMs: 30_000, traceId: 'r1' },
  ],
  ['409', reply(409, error(409, 'ABORTED')), { kind: 'retry', why: 'server_error', traceId: 'r1' }],
  ['500', reply(500, error(500, 'INTERNAL')), { kind: 'retry', why: 'server_error', traceId: 'r1' }],
  ['503', reply(503, error(503, 'UNAVAILABLE')), { kind: 'retry', why: 'server_error', traceId: 'r1' }],
  ['504', reply(504, error(504, 'DEADLINE_EXCEEDED')), { kind: 'retry', why: 'server_error', traceId: 'r1' }],
])('%s', (_, answer, expected) => {
  expect(verdict(answer)).toEqual(expected)
})

test.each([
  ['a token', reply(200, { access_token: 'ya29.x', expires_in: 3599 }), { kind: 'token', accessToken: 'ya29.x', expiresInMs: 3_599_000 }],
  ['a revoked refresh token', reply(400, { error: 'invalid_grant' }), { kind: 'blocked', why: 'token', traceId: null }],
  ['a wrong client', reply(401, { error: 'invalid_client' }), { kind: 'blocked', why: 'token', traceId: null }],
  ['a failure of theirs', reply(500, { error: 'internal_failure' }), { kind: 'retry', why: 'server_error', traceId: null }],
  ['HTML', reply(200, '<html>'), { kind: 'retry', why: 'reply_unreadable', traceId: null }],
])('authorize: %s', (_, answer, expected) => {
  expect(readAuthorized(answer)).toEqual(expected)
})
