import { type Answer, bodyError, fieldErrors, problem } from '../api/answer.ts'
import { type ReadContext, type ReadRequest, readRefused, readRequest } from '../api/read/request.ts'
import type { EdgeDeps } from './deps.ts'
import { type Opened, openGate } from './gate.ts'
import { keepRefused } from './keep-refused.ts'
import { admitted, isStrict, refuseEarly, refuseOver, take } from './limits/admit.ts'
import { rateHeaders } from './limits/over-limit.ts'
import { notStored } from './not-stored.ts'
import { storePostback } from './produce.ts'
import { type Receipt, replyAs } from './reply.ts'
import type { EdgeRequest } from './request.ts'
import { checkSigned, refuseSigned } from './signed.ts'
import type { Durability } from './storage.ts'

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
  const asSent = readRequest(
    {
      method: request.method,
      query: request.query,
      pairs: request.pairs(),
      contentType: request.header('content-type'),
      contentEncoding: request.header('content-encoding'),
      body: body?.bytes ?? null,
    },
    { ...context, messageId: signed.messageId },
  )
  const taken = take(deps, gate, [asSent])
  if (taken.why !== null) return refuseOver(deps, gate, taken)
  const read = admitted(asSent, gate, taken.deferred > 0 ? 'deferred' : 'live')
  const stored = await storePostback(deps, read.postback)
  if (stored.kind === 'refused') return stored.why === 'too_large' ? refuseSize(deps, request, gate, context) : notStored(stored)
  const answer = refusal(read) ?? replyAs(receipt(read, stored.durability[0]), read.replyForm, gate.reply)
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

export function receipt({ postback }: ReadRequest, durability: Durability = 'kafka'): Receipt {
  return {
    status: postback.quarantined !== null ? 'quarantined' : postback.lane === 'deferred' ? 'deferred' : 'received',
    postback_id: postback.postback_id,
    event_id: postback.reading.event_id,
    durability,
    warnings: postback.problems,
  }
}

/** A strict source is told what is wrong and has to send again; null when there is nothing to refuse. */
export function refusal(read: ReadRequest): Answer | null {
  const { postback, errors } = read
  if (postback.source_kind === 'tracker' || errors.length === 0) return null
  const isUnreadable = errors[0]?.code === 'unreadable'
  return problem(isUnreadable ? 'invalid_json' : 'validation_failed', { errors: fieldErrors(errors), postback_id: postback.postback_id })
}
