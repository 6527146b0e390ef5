import { expect, test } from 'vitest'
import { verdict } from './verdict.ts'

const reply = (status: number, body: unknown, headers: Record<string, string> = {}) => ({
  status,
  headers,
  body: typeof body === 'string' ? body : JSON.stringify(body),
})
const code = (value: unknown, message = 'm') => ({ code: value, message, request_id: 'q1', data: {} })

test.each([
  ['0', reply(200, code(0)), 2, { kind: 'accepted', traceId: 'q1' }],
  ['20001 of a batch', reply(200, code(20001)), 2, { kind: 'refused', why: 'unknown_reply', traceId: 'q1' }],
  ['20001 of one event', reply(200, code(20001)), 1, { kind: 'accepted', traceId: 'q1' }],
  ['40001', reply(200, code(40001)), 2, { kind: 'blocked', why: 'permission', traceId: 'q1' }],
  [
    '40002',
    reply(200, code(40002, 'Batch.0.properties.contents.0.content_id: Not a valid string')),
    2,
    { kind: 'refused', why: 'refused', traceId: 'q1' },
  ],
  ['40100', reply(200, code(40100)), 2, { kind: 'throttled', traceId: 'q1' }],
  ['40100 with Retry-After', reply(200, code(40100), { 'retry-after': '3' }), 2, { kind: 'throttled', afterMs: 3_000, traceId: 'q1' }],
  ['51021', reply(200, code(51021)), 2, { kind: 'throttled', traceId: 'q1' }],
  ['40101', reply(200, code(40101)), 2, { kind: 'blocked', why: 'token', traceId: 'q1' }],
  ['40104', reply(200, code(40104)), 2, { kind: 'blocked', why: 'token', traceId: 'q1' }],
  ['40105', reply(200, code(40105)), 2, { kind: 'blocked', why: 'token', traceId: 'q1' }],
  ['50000', reply(200, code(50000)), 2, { kind: 'retry', why: 'server_error', traceId: 'q1' }],
  ['an unknown code', reply(200, code(49999)), 2, { kind: 'retry', why: 'server_error', traceId: 'q1' }],
  ['a code that is a text', reply(200, code('0')), 2, { kind: 'retry', why: 'reply_unreadable', traceId: null }],
  ['HTML with 502', reply(502, '<html>'), 2, { kind: 'retry', why: 'server_error', traceId: null }],
  ['HTML with 200', reply(200, '<html>'), 2, { kind: 'retry', why: 'reply_unreadable', traceId: null }],
  ['cut-off JSON', reply(200, '{"code":0'), 2, { kind: 'retry', why: 'reply_unreadable', traceId: null }],
])('%s', (_, answer, sent, expected) => {
  expect(verdict(answer, sent)).toEqual(expected)
})
