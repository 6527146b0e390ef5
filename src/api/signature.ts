import { createHmac, timingSafeEqual } from 'node:crypto'
import type { FieldError } from './answer.ts'

/** The headers of Standard Webhooks as they came; '' where one is absent. */
export type SignatureHeaders = { readonly id: string; readonly timestamp: string; readonly signature: string }

export type Signed =
  /** None of the headers was sent. */
  | { readonly kind: 'absent' }
  | { readonly kind: 'valid'; readonly messageId: string }
  | { readonly kind: 'invalid'; readonly error: FieldError }

/** How far the sender's clock may be from ours, in seconds; what is older may be a replay. */
export const TOLERANCE_S = 300
const ID_MAX = 255
/** Of several signatures, as senders send while they rotate, so many are tried. */
const SIGNATURES_MAX = 10
const DIGEST_BYTES = 32

/** Checks a request by Standard Webhooks (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md):
 *  `v1` is HMAC-SHA256 over `<webhook-id>.<webhook-timestamp>.<body>`, the body as its bytes came, under one of `secrets`.
 *  Compared in constant time. What is told of a failure never holds a secret, nor the signature that would be right. */
export function checkSignature(headers: SignatureHeaders, body: Uint8Array, secrets: readonly Uint8Array[], nowMs: number): Signed {
  const { id, timestamp, signature } = headers
  if (id === '' && timestamp === '' && signature === '') return { kind: 'absent' }
  const wrong = wrongHeader(headers, Math.floor(nowMs / 1_000))
  if (wrong !== null) return { kind: 'invalid', error: wrong }
  const sent = signature
    .split(' ')
    .filter((one) => one.startsWith('v1,'))
    .slice(0, SIGNATURES_MAX)
    .map((one) => bytesOf(one.slice(3)))
  if (sent.length === 0) return invalid('webhook-signature', 'signature_version', versionsIn(signature), 'v1,<base64> of HMAC-SHA256')
  let isRight = false
  for (const secret of secrets) {
    const expected = createHmac('sha256', secret).update(`${id}.${timestamp}.`).update(body).digest()
    // Every one is compared, so that the time tells nothing of which was right.
    for (const one of sent) isRight = timingSafeEqual(one, expected) || isRight
  }
  if (isRight) return { kind: 'valid', messageId: id }
  return invalid(
    'webhook-signature',
    'signature_mismatch',
    `${sent.length} of v1, over a body that came as ${body.length} bytes`,
    'v1,<base64> of HMAC-SHA256 over <webhook-id>.<webhook-timestamp>.<body> under the signing_secret of the source (base64 after whsec_), the body byte for byte as it is sent',
  )
}

function wrongHeader({ id, timestamp, signature }: SignatureHeaders, nowS: number): FieldError | null {
  if (id === '' || id.length > ID_MAX)
    return fault('webhook-id', 'message_id_invalid', id === '' ? '' : `${id.length} characters`, `a text of 1 to ${ID_MAX} characters`)
  if (!/^\d{1,12}$/.test(timestamp))
    return fault('webhook-timestamp', 'timestamp_invalid', timestamp.slice(0, 40), `whole seconds since 1970, such as ${nowS}`)
  const aheadS = Number(timestamp) - nowS
  if (Math.abs(aheadS) > TOLERANCE_S)
    return fault(
      'webhook-timestamp',
      aheadS < 0 ? 'timestamp_too_old' : 'timestamp_ahead',
      `${timestamp}, ${Math.abs(aheadS)} s ${aheadS < 0 ? 'ago' : 'ahead'}`,
      `the time of this very attempt, within ${TOLERANCE_S} s of ${nowS}`,
    )
  return signature === '' ? fault('webhook-signature', 'signature_missing', '', 'v1,<base64> of HMAC-SHA256') : null
}

/** Always as long as a digest, so that the comparison takes what comes; another length is none. */
function bytesOf(base64: string): Buffer {
  const bytes = Buffer.from(base64, 'base64')
  return bytes.length === DIGEST_BYTES && bytes.toString('base64') === base64 ? bytes : Buffer.alloc(DIGEST_BYTES)
}

const versionsIn = (signature: string): string =>
  [...new Set(signature.split(' ').map((one) => (one.includes(',') ? one.slice(0, one.indexOf(',')).slice(0, 12) : 'no version')))]
    .slice(0, 5)
    .join(', ')

function fault(param: string, code: string, sent: string, expected: string): FieldError {
  const message = sent === '' ? `The header ${param} is missing.` : `The header ${param} is not right.`
  return { param, code, sent, expected, message }
}
const invalid = (param: string, code: string, sent: string, expected: string): Signed => ({
  kind: 'invalid',
  error: fault(param, code, sent, expected),
})
