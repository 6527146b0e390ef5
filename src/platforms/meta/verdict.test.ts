import { expect, test } from 'vitest'
import { verdict } from './verdict.ts'

const reply = (status: number, body: unknown, headers: Record<string, string> = {}) => ({
  status,
  headers,
  body: typeof body === 'string' ? body : JSON.stringify(body),
})
const error = (code: number, error_subcode?: number, is_transient?: boolean) => ({
  error: { message: 'm', type: 'OAuthException', code, error_subcode, is_transient, fbtrace_id: 'A1' },
})

test.each([
  ['all received', reply(200, { events_received: 2, messages: [], fbtrace_id: 'A1' }), { kind: 'accepted', traceId: 'A1' }],
  [
    'fewer received than sent',
    reply(200, { events_received: 1, fbtrace_id: 'A1' }),
    { kind: 'refused', why: 'unknown_reply', traceId: 'A1' },
  ],
  ['HTML with 200', reply(200, '<html>'), { kind: 'retry', why: 'reply_unreadable', traceId: null }],
  ['cut-off JSON with 200', reply(200, '{"events_received":2,'), { kind: 'retry', why: 'reply_unreadable', traceId: null }],
  ['an empty object with 200', reply(200, {}), { kind: 'retry', why: 'reply_unreadable', traceId: null }],
  ['HTML with 502', reply(502, '<html>'), { kind: 'retry', why: 'server_error', traceId: null }],
  ['429 with seconds', reply(429, '', { 'retry-after': '30' }), { kind: 'throttled', afterMs: 30_000, traceId: null }],
  [
    '429 with a date',
    reply(429, '', { 'retry-after': 'Fri, 20 Nov 2026 12:01:00 GMT', date: 'Fri, 20 Nov 2026 12:00:00 GMT' }),
    { kind: 'throttled', afterMs: 60_000, traceId: null },
  ],
  ['190 with 500', reply(500, error(190, 463)), { kind: 'blocked', why: 'token', traceId: 'A1' }],
  ['190 that calls itself transient', reply(500, error(190, 463, true)), { kind: 'blocked', why: 'token', traceId: 'A1' }],
  ['102', reply(400, error(102)), { kind: 'blocked', why: 'token', traceId: 'A1' }],
  ['10', reply(400, error(10)), { kind: 'blocked', why: 'permission', traceId: 'A1' }],
  ['200', reply(403, error(200)), { kind: 'blocked', why: 'permission', traceId: 'A1' }],
  ['294', reply(403, error(294)), { kind: 'blocked', why: 'permission', traceId: 'A1' }],
  ['3', reply(400, error(3)), { kind: 'blocked', why: 'permission', traceId: 'A1' }],
  ['100/33', reply(400, error(100, 33)), { kind: 'blocked', why: 'permission', traceId: 'A1' }],
  ['2635', reply(400, error(2635)), { kind: 'blocked', why: 'version', traceId: 'A1' }],
  ['100/2804003', reply(400, error(100, 2804003)), { kind: 'refused', why: 'too_old', traceId: 'A1' }],
  ['100/2804009', reply(400, error(100, 2804009)), { kind: 'refused', why: 'missing_value', traceId: 'A1' }],
  ['100/2804050', reply(400, error(100, 2804050)), { kind: 'refused', why: 'missing_identifiers', traceId: 'A1' }],
  ['100/2804001', reply(400, error(100, 2804001)), { kind: 'refused', why: 'refused', traceId: 'A1' }],
  ['100 alone', reply(400, error(100)), { kind: 'refused', why: 'refused', traceId: 'A1' }],
  ['4', reply(400, error(4, 1504022)), { kind: 'throttled', traceId: 'A1' }],
  ['17 with 400', reply(400, error(17, 2446079)), { kind: 'throttled', traceId: 'A1' }],
  ['80003', reply(400, error(80003)), { kind: 'throttled', traceId: 'A1' }],
  ['368', reply(400, error(368)), { kind: 'throttled', afterMs: 3_600_000, traceId: 'A1' }],
  ['1', reply(500, error(1)), { kind: 'retry', why: 'server_error', traceId: 'A1' }],
  ['2', reply(503, error(2)), { kind: 'retry', why: 'server_error', traceId: 'A1' }],
  ['21009 with 400', reply(400, error(21009)), { kind: 'retry', why: 'server_error', traceId: 'A1' }],
  ['an unknown code that passes', reply(400, error(77, 1, true)), { kind: 'retry', why: 'server_error', traceId: 'A1' }],
  ['an unknown code', reply(400, error(77)), { kind: 'retry', why: 'server_error', traceId: 'A1' }],
])('%s', (_, answer, expected) => {
  expect(verdict(answer, 2)).toEqual(expected)
})
