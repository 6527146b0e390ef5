import { setImmediate as yieldToOthers } from 'node:timers/promises'
import { type Answer, bodyError, fieldErrors, json, type ProblemCode, problem, problemBody } from '../api/answer.ts'
import { type Listed, listedItems, listedLine } from '../api/read/items.ts'
import { parseJson } from '../api/read/json.ts'
import { decodeUtf8 } from '../api/read/params.ts'
import { type ReadContext, readItem, readRefused } from '../api/read/request.ts'
import { createTurns } from '../kafka/turns.ts'
import { contextFor, refusedFor } from './conversions.ts'
import type { EdgeDeps, Outgoing } from './deps.ts'
import { keyOf, type Opened, openGate } from './gate.ts'
import { type Admitted, type Incoming, incoming } from './incoming.ts'
import { keepRefused } from './keep-refused.ts'
import { costs, isStrict, refuseEarly, refuseOver, take } from './limits/admit.ts'
import type { Taken } from './limits/limiter.ts'
import { overLimitItem, rateHeaders } from './limits/over-limit.ts'
import { notStored } from './not-stored.ts'
import type { Receipt } from './reply.ts'
import type { EdgeRequest } from './request.ts'
import { checkSigned, itemOf, refuseSigned } from './signed.ts'

const BATCH_MAX_BYTES = 10 * 1024 * 1024
const ITEMS_MAX = 10_000
const FIX = 'Send at most 10 MB and 10,000 items as a JSON array or one object a line.'
/** Other requests get a turn after so many items. */
const TURN = 200
/** Of this process: one batch is read at a time, so that those that wait hold no more than their bytes. */
const turns = createTurns()

/** `POST .../conversions/batch`: a JSON array or one JSON object a line. Each item has its own answer; all are stored, or none is
 *  acknowledged and the whole may be sent again. */
export async function receiveBatch(deps: EdgeDeps, request: EdgeRequest): Promise<Answer | null> {
  const gate = openGate(deps, request, keyOf(request.pairs()), 'pbk1')
  if (gate.kind === 'shut') return gate.answer
  const early = refuseEarly(deps, gate)
  if (early !== null) return early
  const body = await request.read(BATCH_MAX_BYTES)
  if (body.kind === 'aborted') return null
  const context = contextFor(deps, request, gate)
  const refuse = async (code: ProblemCode, errorCode: string, message: string, sent = ''): Promise<Answer> => {
    const row = readRefused('POST', request.query, { code: errorCode, param: '', message, fix: FIX }, context)
    const instead = await keepRefused(deps, gate, row)
    if (instead !== null) return instead
    const limit = code === 'body_too_large' ? { max_bytes: BATCH_MAX_BYTES } : {}
    return problem(code, { errors: [bodyError(errorCode, message, FIX, sent)], postback_id: context.postbackId, ...limit })
  }
  if (body.kind === 'too_large') return refuse('body_too_large', 'body_too_large', 'The batch is larger than 10 MB and was not read.')
  const signed = checkSigned(deps, request, gate, body.bytes)
  if (signed.kind === 'refused') return refuseSigned(deps, request, gate, context, signed.error)
  const read = await turns('batch', () => readBatch(deps, gate, body.bytes, { ...context, messageId: signed.messageId }))
  if (read.kind === 'refused') return refuse(read.code, read.errorCode, read.message, read.sent)
  if (read.kind === 'over') return refuseOver(deps, gate, read.taken)
  const stored = await deps.storage.keepAll(read.records)
  if (stored.kind === 'refused') return notStored(stored)

  const durability = stored.durability.values()
  const items = read.items.map(({ told, isKept }, index) => {
    const by = isKept ? durability.next().value : undefined
    return { index, ...told, ...('durability' in told ? { durability: by } : {}) }
  })
  deps.metrics.count('edge_batch_items_total', { outcome: 'received' }, items.length - read.rejected)
  const headers = isStrict(gate) ? rateHeaders(gate.rate, read.taken) : {}
  return json(200, { accepted: items.length - read.rejected, rejected: read.rejected, items }, headers)
}

/** What is told of an item; `isKept`: it has a record. */
type Item = { readonly told: Receipt | Record<string, unknown>; readonly isKept: boolean }
type Read =
  | { readonly kind: 'refused'; readonly code: ProblemCode; readonly errorCode: string; readonly message: string; readonly sent: string }
  | { readonly kind: 'over'; readonly taken: Taken }
  | {
      readonly kind: 'read'
      readonly records: readonly Outgoing[]
      readonly items: readonly Item[]
      readonly rejected: number
      readonly taken: Taken
    }

/** From the bytes to the records, with nothing kept of what lies between: it takes many times as much memory. */
async function readBatch(deps: EdgeDeps, gate: Opened, bytes: Buffer, context: ReadContext): Promise<Read> {
  const list = parseList(decodeUtf8(bytes))
  const refused = { kind: 'refused', sent: '' } as const
  if (list === undefined) {
    const message = 'The batch is neither a JSON array nor one object a line.'
    return { ...refused, code: 'invalid_json', errorCode: 'invalid_json', message }
  }
  if (list.length > ITEMS_MAX) {
    const message = `The batch has more than ${ITEMS_MAX} items and none was read.`
    return { ...refused, code: 'validation_failed', errorCode: 'too_many', message, sent: String(list.length) }
  }
  const records: Outgoing[] = []
  const items: Item[] = []
  let rejected = 0
  let taken = take(deps, gate, [])
  // In turns from the item to its bytes: others get theirs in between, and of what lies in the middle only a turn's is alive.
  for (let from = 0; from < list.length; from += TURN) {
    if (from > 0) await yieldToOthers()
    const turn = list.slice(from, from + TURN).map((item, at) => incomingItem(deps, gate, context, item, from + at))
    const now = take(deps, gate, turn)
    taken = { ...now, live: taken.live + now.live, deferred: taken.deferred + now.deferred, why: now.why ?? taken.why }
    for (const one of withinLimit(turn, now)) {
      if (one !== null) records.push(one.record)
      const problem = one === null ? overLimitItem(now) : refusedItem(one)
      if (problem !== null) rejected++
      items.push({ told: problem ?? (one as Admitted).receipt(), isKept: one !== null }) // without a problem there is one
    }
  }
  if (items.length > 0 && records.length === 0) return { kind: 'over', taken }
  return { kind: 'read', records, items, rejected, taken }
}

function incomingItem(deps: EdgeDeps, gate: Opened, context: ReadContext, item: Listed, index: number): Incoming {
  const own = { ...context, postbackId: deps.newId(), messageId: itemOf(context.messageId, index) }
  const { value } = item
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  const isRepeatable = isObject && own.messageId === null && !item.invalidUtf8 && !item.duplicateKeys && item.refusedNames.length === 0
  const repeated = isRepeatable ? { stencils: deps.stencils.item, entries: Object.entries(value) } : null
  return incoming(deps, gate, own, repeated, () => readItem(item, index, own))
}

/** The first of them live, the next deferred, null for what is refused; what costs nothing is live. */
function withinLimit(turn: readonly Incoming[], { live, deferred }: Taken): (Admitted | null)[] {
  let counted = 0
  return turn.map((one) => {
    if (!costs(one)) return one.admit('live')
    counted++
    if (counted > live + deferred) return null
    return one.admit(counted > live ? 'deferred' : 'live')
  })
}

/** undefined: neither form. A line that is no JSON makes an item that is none, and is told as such. */
function parseList({ text, invalidUtf8 }: { text: string; invalidUtf8: boolean }): readonly Listed[] | undefined {
  if (/^\s*\[/.test(text)) {
    const parsed = parseJson(text)
    return parsed.kind === 'value' && Array.isArray(parsed.value) ? listedItems(parsed.value, parsed, text, invalidUtf8) : undefined
  }
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  if (lines.length === 0 || !/^\s*\{/.test(text)) return undefined
  // More lines than are taken are refused by their number, unread.
  return lines.length > ITEMS_MAX
    ? lines.map((value) => ({ value, isJson: false, invalidUtf8, duplicateKeys: false, refusedNames: [] }))
    : lines.map((line) => listedLine(line, invalidUtf8))
}

function refusedItem({ errors, postbackId }: Admitted): Record<string, unknown> | null {
  if (errors.length === 0) return null
  return problemBody(refusedFor(errors), { errors: fieldErrors(errors), postback_id: postbackId })
}
