import { type Answer, bodyError, fieldErrors, problem } from '../api/answer.ts'
import { type ReadContext, readRefused, readRequest } from '../api/read/request.ts'
import type { EdgeDeps } from './deps.ts'
import { type Opened, openGate } from './gate.ts'
import { type Admitted, incoming } from './incoming.ts'
import { keepRefused } from './keep-refused.ts'
import { isStrict, refuseEarly, refuseOver, take } from './limits/admit.ts'
import { rateHeaders } from './limits/over-limit.ts'
import { notStored } from './not-stored.ts'
import { storeOne } from './produce.ts'
import { replyAs } from './reply.ts'
import type { EdgeRequest } from './request.ts'
import { checkSigned, refuseSigned } from './signed.ts'

const BODY_MAX_BYTES = 256 * 1024
const NO_BYTES = Buffer.alloc(0)

/** `GET POST /api/v1/postback/conversions`: one conversion. 2xx only after the broker's ack of all replicas, or once it is on disk. */
export async function receive(deps: EdgeDeps, request: EdgeRequest, key: string): Promise<Answer | null> {
  const gate = openGate(deps, request, key, 'pbk1')
  if (gate.kind === 'shut') return gate.answer
  const early = refuseEarly(deps, gate)
  if (early !== null) return early
  const context = contextFor(deps, request, gate)
  const body = request.method === 'POST' ? await request.read(BODY_MAX_BYTES) : null
  if (body?.kind === 'aborted') return null
  if (body?.kind === 'too_large') return refuseSize(deps, request, gate, context)
  const signed = checkSigned(deps, request, gate, body?.bytes ?? NO_BYTES)
  if (signed.kind === 'refused') return refuseSigned(deps, request, gate, context, signed.error)
  const pairs = request.pairs()
  // A signed message has a name, by which each of them is another.
  const isRepeatable = body === null && signed.messageId === null && !pairs.invalidUtf8
  const sent = signed.messageId === null ? context : { ...context, messageId: signed.messageId }
  const one = incoming(deps, gate, sent, isRepeatable ? { stencils: deps.stencils.query, entries: pairs.pairs } : null, () =>
    readRequest(
      {
        method: request.method,
        query: request.query,
        pairs,
        contentType: request.header('content-type'),
        contentEncoding: request.header('content-encoding'),
        body: body?.bytes ?? null,
      },
      sent,
    ),
  )
  const taken = take(deps, gate, [one])
  if (taken.why !== null) return refuseOver(deps, gate, taken)
  const kept = one.admit(taken.deferred > 0 ? 'deferred' : 'live')
  const stored = await storeOne(deps, kept.record, kept.outcome)
  if (stored.kind === 'refused') return stored.why === 'too_large' ? refuseSize(deps, request, gate, context) : notStored(stored)
  const answer = refusal(kept) ?? replyAs(kept.receipt(stored.durability[0]), kept.replyForm, gate.reply)
  return isStrict(gate) ? { ...answer, headers: { ...answer.headers, ...rateHeaders(gate.rate, taken) } } : answer
}

export function contextFor(deps: EdgeDeps, request: EdgeRequest, { ref, rules }: Opened): ReadContext {
  return {
    workspaceId: ref.workspaceId,
    sourceId: ref.sourceId,
    keyVersion: ref.version,
    rules,
    postbackId: deps.newId(),
    nowMs: deps.nowMs(),
    workspacesOffset: deps.workspaces.appliedOffset(),
    senderIp: request.client.ip,
    senderUserAgent: request.header('user-agent').slice(0, 512) || null,
    messageId: null,
    hashUser: deps.hashUser,
  }
}

async function refuseSize(deps: EdgeDeps, request: EdgeRequest, gate: Opened, context: ReadContext): Promise<Answer> {
  const tooLarge = {
    code: 'body_too_large',
    param: '',
    message: 'The body is larger than 256 kB and was not read.',
    fix: 'Send one conversion a request, or use the batch route.',
  }
  const row = readRefused(request.method, request.query, tooLarge, context)
  const instead = await keepRefused(deps, gate, row)
  if (instead !== null) return instead
  const errors = [bodyError(tooLarge.code, tooLarge.message, tooLarge.fix)]
  return problem('body_too_large', { errors, max_bytes: BODY_MAX_BYTES, postback_id: context.postbackId })
}

/** A strict source is told what is wrong and has to send again; null when there is nothing to refuse. */
function refusal({ errors, postbackId }: Admitted): Answer | null {
  if (errors.length === 0) return null
  return problem(refusedFor(errors), { errors: fieldErrors(errors), postback_id: postbackId })
}

export const refusedFor = (errors: Admitted['errors']): 'invalid_json' | 'validation_failed' =>
  errors[0]?.code === 'unreadable' ? 'invalid_json' : 'validation_failed'
