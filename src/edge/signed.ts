import { hash } from 'node:crypto'
import { type Answer, type FieldError, overloaded, problem } from '../api/answer.ts'
import { isInForce } from '../api/key-state.ts'
import { parsePairs } from '../api/read/params.ts'
import { type ReadContext, readRefused } from '../api/read/request.ts'
import { checkSignature } from '../api/signature.ts'
import { signingSecret } from '../workspaces/signing-secret.ts'
import type { SourceRef } from '../workspaces/source-key.ts'
import type { EdgeDeps } from './deps.ts'
import type { Opened } from './gate.ts'
import { postbackRecord, stored } from './produce.ts'
import type { EdgeRequest } from './request.ts'

/** What the sender calls this message: see `Postback.message_id`. */
export type CheckedMessage =
  | { readonly kind: 'taken'; readonly messageId: string | null }
  | { readonly kind: 'refused'; readonly error: FieldError }

const ACK_WITHIN_MS = 1_400
const KEY_MAX = 255
/** Ours, and no part of the conversion. */
const CONTROL: ReadonlySet<string> = new Set(['key', 'return'])

/** The signature of a backend's request, where it has one or must have one, and the name of the message: the signed `webhook-id`,
 *  else `Idempotency-Key`, which any sender may set. Trackers sign nothing, so what looks like a signature of theirs is not read. */
export function checkSigned(deps: EdgeDeps, request: EdgeRequest, { ref, rules }: Opened, body: Uint8Array): CheckedMessage {
  const unsigned = { kind: 'taken', messageId: messageId(ref, 'key', request.header('idempotency-key')) } as const
  if (rules.kind !== 'backend') return unsigned
  const source = deps.workspaces.source(ref.workspaceId, ref.sourceId)
  const headers = {
    id: request.header('webhook-id'),
    timestamp: request.header('webhook-timestamp'),
    signature: request.header('webhook-signature'),
  }
  const checked = checkSignature(headers, body, secretsOf(deps, ref), deps.nowMs())
  if (checked.kind === 'invalid') return { kind: 'refused', error: checked.error }
  if (checked.kind === 'absent') return source?.require_signature === true ? { kind: 'refused', error: UNSIGNED } : unsigned
  const outside = request.query === '' ? [] : parsePairs(request.query).pairs.map(([name]) => name)
  const stray = outside.find((name) => !CONTROL.has(name.trim().toLowerCase()))
  if (stray !== undefined) return { kind: 'refused', error: notCovered(stray) }
  return { kind: 'taken', messageId: messageId(ref, 'signed', checked.messageId) }
}

/** The name of one item of a message. */
export const itemOf = (messageId: string | null, index: number): string | null => (messageId === null ? null : `${messageId}.${index}`)

/** 401, and a row of it in quarantine, so that the workspace sees that its sender signs wrongly. Nothing of the body is read. */
export async function refuseSigned(deps: EdgeDeps, request: EdgeRequest, context: ReadContext, error: FieldError): Promise<Answer> {
  deps.metrics.count('edge_signatures_refused_total', { code: error.code })
  const { code, param, message, expected } = error
  const { postback } = readRefused(request.method, '', { code, param, message, fix: `Expected: ${expected}.` }, context)
  if (!(await stored(deps, [postbackRecord(deps, postback)], ACK_WITHIN_MS))) return overloaded()
  deps.metrics.count('edge_postbacks_total', { outcome: 'unreadable' })
  const detail = 'The signature of this request is not right; errors says why. It was not processed.'
  return problem('unauthorized', { detail, errors: [error], postback_id: postback.postback_id }, { 'www-authenticate': 'StandardWebhooks' })
}

/** Of each version in force, since sender and URL need not change at the same moment of a rotation. Of a source that has not been
 *  heard of yet, the version of its key. */
function secretsOf(deps: EdgeDeps, ref: SourceRef): Buffer[] {
  const known = deps.workspaces.source(ref.workspaceId, ref.sourceId)?.key_versions.filter((one) => isInForce(one, deps.nowMs()))
  return (known ?? [ref]).flatMap(({ version, ring }) => {
    const found = deps.rings.find((one) => one.id === ring) ?? deps.rings[0]
    return found === undefined ? [] : [signingSecret(ref.workspaceId, ref.sourceId, version, found)]
  })
}

/** Hashed with its source: a name is the sender's own, and may hold anything. null: there is none that can be used. */
function messageId({ workspaceId, sourceId }: SourceRef, kind: 'signed' | 'key', name: string): string | null {
  if (name === '' || name.length > KEY_MAX) return null
  return hash('sha256', JSON.stringify([workspaceId, sourceId, kind, name]), 'hex').slice(0, 32)
}

const UNSIGNED: FieldError = {
  param: 'webhook-signature',
  code: 'signature_missing',
  sent: '',
  expected: 'the headers webhook-id, webhook-timestamp and webhook-signature of Standard Webhooks; this source requires them',
  message: 'The request is not signed.',
}

/** Whoever holds the URL could add to a signed request what its body leaves out. */
const notCovered = (name: string): FieldError => ({
  param: name.slice(0, 100),
  code: 'not_signed',
  sent: 'in the query',
  expected: 'every parameter in the body: the signature covers the body alone, so a signed URL has no parameter but key and return',
  message: 'The signature covers the body alone, and this came in the query.',
})
