import { type Answer, type FieldError, problem } from '../api/answer.ts'
import { type CheckedMessage, checkMessage } from '../api/message.ts'
import { type ReadContext, readRefused } from '../api/read/request.ts'
import type { EdgeDeps } from './deps.ts'
import type { Opened } from './gate.ts'
import { keepRefused } from './keep-refused.ts'
import type { EdgeRequest } from './request.ts'

/** The signature of a request and the name of its message, once its body is there and before any of it is read. */
export function checkSigned(deps: EdgeDeps, request: EdgeRequest, { ref, rules }: Opened, body: Uint8Array): CheckedMessage {
  const source = deps.workspaces.source(ref.workspaceId, ref.sourceId)
  const sent = { header: request.header, query: request.query, body }
  return checkMessage(sent, { ref, source, kind: rules.kind }, { rings: deps.rings, nowMs: deps.nowMs() })
}

/** The name of one item of a message. */
export const itemOf = (messageId: string | null, index: number): string | null => (messageId === null ? null : `${messageId}.${index}`)

/** 401, and a row of it in quarantine, so that the workspace sees that its sender signs wrongly. Nothing of the body is read. */
export async function refuseSigned(
  deps: EdgeDeps,
  request: EdgeRequest,
  gate: Opened,
  context: ReadContext,
  error: FieldError,
): Promise<Answer> {
  deps.metrics.count('edge_signatures_refused_total', { code: error.code })
  const { code, param, message, expected } = error
  const instead = await keepRefused(
    deps,
    gate,
    readRefused(request.method, '', { code, param, message, fix: `Expected: ${expected}.` }, context),
  )
  if (instead !== null) return instead
  const detail = 'The signature of this request is not right; errors says why. It was not processed.'
  return problem('unauthorized', { detail, errors: [error], postback_id: context.postbackId }, { 'www-authenticate': 'StandardWebhooks' })
}
