import type { ReadContext, ReadRequest } from '../api/read/request.ts'
import type { Finding } from '../dialects/findings.ts'
import type { Postback } from '../events/postback.ts'
import type { EdgeDeps, Outgoing } from './deps.ts'
import type { Opened } from './gate.ts'
import { admitted } from './limits/admit.ts'
import { namedRecord, outcomeOf, postbackRecord } from './produce.ts'
import type { Receipt } from './reply.ts'
import type { Entries } from './stencils/stencil.ts'
import type { Stencils } from './stencils/stencils.ts'
import type { Durability } from './storage.ts'

/** A conversion that was read, before its lane is known. */
export type Incoming = {
  readonly isTest: boolean
  /** As it is written in a lane, and with what the allowlist has to say. */
  admit(lane: Postback['lane']): Admitted
}

export type Admitted = {
  readonly postbackId: string
  readonly record: Outgoing
  /** What is counted where it is kept. */
  readonly outcome: string
  /** What a strict source is refused for. */
  readonly errors: readonly Finding[]
  /** `return=` as it was sent. */
  readonly replyForm: string | null
  receipt(durability?: Durability): Receipt
}

/** Entries of a sender who repeats himself are written by a stencil; all others, and whatever stands in their way, are read at length. */
export function incoming(
  deps: EdgeDeps,
  gate: Opened,
  context: ReadContext,
  repeated: { readonly stencils: Stencils; readonly entries: Entries } | null,
  read: () => ReadRequest,
): Incoming {
  const stencil = repeated === null || gate.isObserved ? null : repeated.stencils.of(repeated.entries, context)
  if (stencil === null || repeated === null) return readAtLength(deps, gate, read())
  return {
    isTest: stencil.isTest,
    admit(lane) {
      const filled = lane === 'live' ? stencil.fill(repeated.entries, context) : null
      if (filled === null) return readAtLength(deps, gate, read()).admit(lane)
      const { postbackId, eventId, clickId, transactionId, value } = filled
      const named = {
        workspace_id: context.workspaceId,
        postback_id: postbackId,
        reading: { click_id: clickId, transaction_id: transactionId, event_id: eventId },
      }
      return {
        postbackId,
        record: namedRecord(deps, named, value),
        outcome: 'received',
        errors: [],
        replyForm: stencil.replyForm,
        receipt: (durability = 'kafka') => ({ status: 'received', postback_id: postbackId, event_id: eventId, durability, warnings: [] }),
      }
    },
  }
}

const readAtLength = (deps: EdgeDeps, gate: Opened, asSent: ReadRequest): Incoming => ({
  isTest: asSent.postback.reading.test,
  admit(lane) {
    const read = admitted(asSent, gate, lane)
    const { postback, errors, replyForm } = read
    return {
      postbackId: postback.postback_id,
      record: postbackRecord(deps, postback),
      outcome: outcomeOf(postback),
      errors: postback.source_kind === 'tracker' ? [] : errors,
      replyForm,
      receipt: (durability = 'kafka') => ({
        status: postback.quarantined !== null ? 'quarantined' : postback.lane === 'deferred' ? 'deferred' : 'received',
        postback_id: postback.postback_id,
        event_id: postback.reading.event_id,
        durability,
        warnings: postback.problems,
      }),
    }
  },
})
