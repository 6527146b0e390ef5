import fc from 'fast-check'
import { Webhook } from 'standardwebhooks'
import { expect, test } from 'vitest'
import { shownSecret, signingSecret } from '../workspaces/signing-secret.ts'
import { checkSignature } from './signature.ts'

const ring = { id: 'r1', secret: Buffer.alloc(32, 1) }
const secret = signingSecret('acme', 's1', 1, ring)
const old = signingSecret('acme', 's1', 2, ring)
const NOW = Date.UTC(2026, 10, 1)
const nowS = NOW / 1_000
/** As the library of Standard Webhooks signs. */
const signed = (body: string, { id = 'msg_1', at = nowS, by = secret } = {}) => ({
  id,
  timestamp: String(at),
  signature: new Webhook(shownSecret(by)).sign(id, new Date(at * 1_000), body),
})
const check = (headers: Parameters<typeof checkSignature>[0], body: string, secrets = [secret]) =>
  checkSignature(headers, Buffer.from(body), secrets, NOW)

test('what the library signs is taken, whatever the body', () =>
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme' }),
      fc.stringMatching(/^[\w-]{1,60}$/),
      fc.integer({ min: -300, max: 300 }),
      (body, id, off) => {
        expect(check(signed(body, { id, at: nowS + off }), body)).toEqual({ kind: 'valid', messageId: id })
      },
    ),
  ))

test('what we take the library takes: both read the secret and the text that is signed alike', () => {
  const at = Math.floor(Date.now() / 1_000)
  const headers = signed('{"event":"Lead"}', { at })
  const asHeaders = { 'webhook-id': headers.id, 'webhook-timestamp': headers.timestamp, 'webhook-signature': headers.signature }
  expect(new Webhook(shownSecret(secret)).verify('{"event":"Lead"}', asHeaders)).toEqual({ event: 'Lead' })
})

test('while a secret is rotated both are taken, and several signatures are looked at', () => {
  expect(check(signed('{}', { by: old }), '{}', [secret, old]).kind).toBe('valid')
  const both = `v1a,AAAA ${signed('{}', { by: old }).signature} ${signed('{}').signature}`
  expect(check({ ...signed('{}'), signature: both }, '{}').kind).toBe('valid')
})

const good = signed('{"value":"1"}')
test.each([
  ['another body', good, '{"value":"2"}', 'signature_mismatch'],
  ['another id', { ...good, id: 'msg_2' }, '{"value":"1"}', 'signature_mismatch'],
  ['another time', { ...good, timestamp: String(nowS + 1) }, '{"value":"1"}', 'signature_mismatch'],
  ['another secret', signed('{}', { by: old }), '{}', 'signature_mismatch'],
  ['a signature of another length', { ...good, signature: 'v1,AAAA' }, '{"value":"1"}', 'signature_mismatch'],
  ['another version alone', { ...good, signature: good.signature.replace('v1', 'v2') }, '{"value":"1"}', 'signature_version'],
  ['no signature', { ...good, signature: '' }, '{"value":"1"}', 'signature_missing'],
  ['no id', { ...good, id: '' }, '{"value":"1"}', 'message_id_invalid'],
  ['no time', { ...good, timestamp: '' }, '{"value":"1"}', 'timestamp_invalid'],
  ['a time that is none', { ...good, timestamp: '12e9' }, '{"value":"1"}', 'timestamp_invalid'],
  ['one second too old', signed('{}', { at: nowS - 301 }), '{}', 'timestamp_too_old'],
  ['one second too far ahead', signed('{}', { at: nowS + 301 }), '{}', 'timestamp_ahead'],
])('%s is refused', (_, headers, body, code) => {
  expect(check(headers, body)).toMatchObject({ kind: 'invalid', error: { code } })
})

test('a replay is refused once its time is over, and a failure tells neither a secret nor the right signature', () => {
  const late = checkSignature(good, Buffer.from('{"value":"1"}'), [secret], NOW + 301_000)
  expect(late).toMatchObject({ kind: 'invalid', error: { code: 'timestamp_too_old', sent: `${nowS}, 301 s ago` } })
  const told = JSON.stringify([check(good, 'x'), check({ ...good, signature: 'v1,AAAA' }, 'x')])
  for (const hidden of [secret.toString('base64'), good.signature.slice(3), signed('x').signature.slice(3)])
    expect(told).not.toContain(hidden)
})

test('without any of the headers it is not signed', () => {
  expect(check({ id: '', timestamp: '', signature: '' }, '{}')).toEqual({ kind: 'absent' })
})
