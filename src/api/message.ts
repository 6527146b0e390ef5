import { hash } from 'node:crypto'
import type { Source } from '../workspaces/schema.ts'
import { signingSecret } from '../workspaces/signing-secret.ts'
import type { KeyRing, SourceRef } from '../workspaces/source-key.ts'
import type { FieldError } from './answer.ts'
import { isInForce } from './key-state.ts'
import { parsePairs } from './read/params.ts'
import { checkSignature } from './signature.ts'

/** What the sender calls this message: see `Postback.message_id`. */
export type CheckedMessage =
  | { readonly kind: 'taken'; readonly messageId: string | null }
  | { readonly kind: 'refused'; readonly error: FieldError }

export type Sent = {
  /** Of any case; '' where there is none. */
  readonly header: (name: string) => string
  readonly query: string
  readonly body: Uint8Array
}

const NAME_MAX = 255
/** Ours, and no part of the conversion. */
const CONTROL: ReadonlySet<string> = new Set(['key', 'return'])

/** The signature of a backend's request, where it has one or must have one, and the name of the message: the signed `webhook-id`,
 *  else `Idempotency-Key`, which any sender may set. Trackers sign nothing, so what looks like a signature of theirs is not read.
 *  `source` undefined: its configuration has not come yet. */
export function checkMessage(
  { header, query, body }: Sent,
  { ref, source, kind }: { readonly ref: SourceRef; readonly source: Source | undefined; readonly kind: Source['kind'] },
  { rings, nowMs }: { readonly rings: readonly KeyRing[]; readonly nowMs: number },
): CheckedMessage {
  const unsigned = { kind: 'taken', messageId: messageId(ref, 'key', header('idempotency-key')) } as const
  if (kind !== 'backend') return unsigned
  const headers = { id: header('webhook-id'), timestamp: header('webhook-timestamp'), signature: header('webhook-signature') }
  const checked = checkSignature(headers, body, secretsOf(ref, source, rings, nowMs), nowMs)
  if (checked.kind === 'invalid') return { kind: 'refused', error: checked.error }
  if (checked.kind === 'absent') return source?.require_signature === true ? { kind: 'refused', error: UNSIGNED } : unsigned
  const outside = query === '' ? [] : parsePairs(query).pairs.map(([name]) => name)
  const stray = outside.find((name) => !CONTROL.has(name.trim().toLowerCase()))
  if (stray !== undefined) return { kind: 'refused', error: notCovered(stray) }
  return { kind: 'taken', messageId: messageId(ref, 'signed', checked.messageId) }
}

/** Of each version in force, since sender and URL need not change at the same moment of a rotation. Of a source that has not been
 *  heard of yet, the version of its key. */
function secretsOf(ref: SourceRef, source: Source | undefined, rings: readonly KeyRing[], nowMs: number): Buffer[] {
  const versions = source?.key_versions.filter((one) => isInForce(one, nowMs)) ?? [ref]
  return versions.flatMap(({ version, ring }) => {
    const found = rings.find((one) => one.id === ring) ?? rings[0]
    return found === undefined ? [] : [signingSecret(ref.workspaceId, ref.sourceId, version, found)]
  })
}

/** Hashed with its source: a name is the sender's own, and may hold anything. null: there is none that can be used. */
function messageId({ workspaceId, sourceId }: SourceRef, kind: 'signed' | 'key', name: string): string | null {
  if (name === '' || name.length > NAME_MAX) return null
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
