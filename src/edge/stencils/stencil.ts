import { randomUUID } from 'node:crypto'
import { withoutPeople } from '../../api/read/private.ts'
import type { ReadContext, ReadRequest } from '../../api/read/request.ts'
import type { Json } from '../../dialects/definition.ts'
import { wroteAscii } from '../../events/ascii.ts'
import { type EventIdParts, eventId } from '../../events/event-id.ts'
import type { Postback } from '../../events/postback.ts'
import { FREE_MAX, type Freedom, freedomOf, isFree } from './free.ts'

/** Names and values in their order, as they came. */
export type Entries = readonly (readonly [string, Json])[]
/** Reads entries as the request they came in is read. */
export type ReadAgain = (entries: Entries, context: ReadContext) => ReadRequest

/** What a sender repeats: the same names with the same words, in which only ids and amounts are others. Its bytes in the log are known
 *  but for the places of those. Learned from the general reader, and compared with it, before it is used. */
export type Stencil = {
  readonly isTest: boolean
  readonly replyForm: string | null
  /** Whether a request is one of these. */
  fits(entries: Entries, context: ReadContext): boolean
  /** One that fits. null: it is longer than there is room for. */
  fill(entries: Entries, context: ReadContext): Filled | null
}

export type Filled = {
  readonly postbackId: string
  readonly eventId: string
  readonly clickId: string | null
  readonly transactionId: string | null
  /** As `encode` writes what the general reader makes of it. */
  readonly value: Buffer
}

/** `value`: null where it is free. */
type Param = { readonly name: string; readonly value: Json; readonly freedom: Freedom | null }
/** What stands at a place: the text of a parameter, by its index, or what is new with every request. */
type What = number | 'postback_id' | 'event_id' | 'sender_ip' | 'sender_user_agent' | 'received_at' | 'workspaces_offset'
type Place = { readonly what: What; readonly before: Uint8Array }
type Shape = {
  readonly params: readonly Param[]
  readonly places: readonly Place[]
  readonly after: Uint8Array
  readonly workspaceId: string
  readonly sourceId: string
  readonly keyVersion: number
  readonly hasUserAgent: boolean
  /** Of the parameter that holds it, or its text. */
  readonly clickId: number | string | null
  readonly transactionId: number | string | null
  readonly eventId: EventId
  readonly isTest: boolean
  readonly replyForm: string | null
}
/** Given: by a parameter, or always the same; else made of what names the conversion, and under the policy `every` of the postback too. */
type EventId =
  | { readonly given: number | string }
  | { readonly given: null; readonly of: Pick<EventIdParts, 'event' | 'conversion_status'>; readonly isOwn: boolean }

const PARAMS_MAX = 40
const PLACES_MAX = PARAMS_MAX * 4
/** Of all names, and of all that is not free: who never repeats himself shall not fill the memory. */
const TEXT_MAX = 4_096
const FIXED_MAX_BYTES = 8_192
const ADDRESS_MAX = 64
const AGENT_MAX = 600
/** Room for the fixed bytes, for every place at its longest, and for three bytes a character of who sent it. */
const scratch = Buffer.alloc(FIXED_MAX_BYTES + PLACES_MAX * (FREE_MAX + 2) + (ADDRESS_MAX + AGENT_MAX + 2) * 3)

/** null: what is free in these entries shows in the record in another way than as it came, something of them is told to the sender, or
 *  they are not of a kind that comes again. */
export function learn(
  entries: Entries,
  context: ReadContext,
  readAgain: ReadAgain,
  encode: (postback: Postback) => Buffer,
): Stencil | null {
  if (context.messageId !== null || !isSmall(entries)) return null
  const sample = readAgain(entries, context)
  if (!isPlainly(sample)) return null
  const params = entries.map(([name, value]): Param => {
    const freedom = freedomOf(name, value, context.rules, sample.postback.dialect)
    // Of their own: a text that was cut out of a request keeps the whole of it.
    return { name: copied(name), value: freedom !== null ? null : typeof value === 'string' ? copied(value) : value, freedom }
  })
  const [one, other] = [trial(params, context, 0), trial(params, context, 1)]
  const read = readAgain(one.entries, one.context)
  if (!isPlainly(read)) return null
  const shape = shapeOf(params, one, read, encode(read.postback))
  if (shape === null) return null
  const stencil = stencilOf(shape)
  if (!stencil.fits(other.entries, other.context)) return null
  const wanted = readAgain(other.entries, other.context)
  const filled = stencil.fill(other.entries, other.context)
  const isSame =
    filled?.eventId === wanted.postback.reading.event_id &&
    stencil.replyForm === wanted.replyForm &&
    filled.value.equals(encode(wanted.postback))
  return isSame ? stencil : null
}

/** Texts and numbers under names that differ, and not many. */
function isSmall(entries: Entries): boolean {
  if (entries.length > PARAMS_MAX || new Set(entries.map(([name]) => name)).size < entries.length) return false
  let length = 0
  for (const [name, value] of entries) {
    if (typeof value === 'object' && value !== null) return false
    length += name.length + String(value).length
  }
  return length <= TEXT_MAX
}

const copied = (text: string): string => Buffer.from(text).toString()

/** Nothing of it is told to the sender, nothing of it is somebody's, something names it, and it names no time, which is another each time
 *  and is looked at by the clock. */
function isPlainly({ postback, errors }: ReadRequest): boolean {
  const { reading, problems, quarantined, click_id_fault } = postback
  return (
    errors.length + problems.length === 0 &&
    quarantined === null &&
    click_id_fault === null &&
    Object.keys(reading.user).length === 0 &&
    reading.event_time === null &&
    (reading.click_id !== null || reading.transaction_id !== null)
  )
}

type Trial = { readonly entries: Entries; readonly context: ReadContext; readonly texts: readonly (string | null)[] }

/** The same request with texts in its free places, and in all that is new with every request, that nothing else has. The two turns have
 *  texts of other lengths and letters. */
function trial(params: readonly Param[], context: ReadContext, turn: 0 | 1): Trial {
  const mark = (): string => randomUUID().replaceAll('-', '')
  const texts = params.map(({ freedom }, index) => freedom?.sample(mark(), index, turn) ?? null)
  return {
    entries: params.map(({ name, value, freedom }, index) => [name, freedom?.valueOf(texts[index] ?? '') ?? value]),
    context: {
      ...context,
      postbackId: randomUUID(),
      nowMs: context.nowMs + Number.parseInt(mark().slice(0, 3), 16),
      workspacesOffset: 2 ** 45 + Number.parseInt(mark().slice(0, 8), 16),
      senderIp: `ip1${mark().slice(0, 12 - turn)}`,
      senderUserAgent: context.senderUserAgent === null ? null : `ua1${mark().slice(0, 16 - turn)}`,
    },
    texts,
  }
}

function shapeOf(params: readonly Param[], { context, texts }: Trial, { postback, replyForm }: ReadRequest, bytes: Buffer): Shape | null {
  const { reading } = postback
  if (bytes.length > FIXED_MAX_BYTES) return null
  const marks: { what: What; bytes: Buffer; isOnce: boolean }[] = [
    { what: 'postback_id', bytes: textBytes(context.postbackId), isOnce: true },
    { what: 'received_at', bytes: longBytes(context.nowMs), isOnce: true },
    { what: 'workspaces_offset', bytes: longBytes(context.workspacesOffset), isOnce: true },
    { what: 'sender_ip', bytes: textBytes(context.senderIp ?? ''), isOnce: true },
  ]
  if (context.senderUserAgent !== null) marks.push({ what: 'sender_user_agent', bytes: textBytes(context.senderUserAgent), isOnce: true })
  if (!reading.event_id_given) marks.push({ what: 'event_id', bytes: textBytes(reading.event_id), isOnce: true })
  for (const [index, text] of texts.entries()) if (text !== null) marks.push({ what: index, bytes: textBytes(text), isOnce: false })

  const found = marks.flatMap((mark) => {
    const at = [...occurrences(bytes, mark.bytes)]
    return mark.isOnce && at.length !== 1 ? [] : at.map((from) => ({ what: mark.what, from, to: from + mark.bytes.length }))
  })
  if (marks.some(({ what, isOnce }) => isOnce && !found.some((one) => one.what === what))) return null
  found.sort((a, b) => a.from - b.from)
  let done = 0
  const places: Place[] = []
  for (const { what, from, to } of found) {
    if (from < done) return null
    places.push({ what, before: new Uint8Array(bytes.subarray(done, from)) })
    done = to
  }
  if (places.length > PLACES_MAX) return null
  const held = (text: string | null): number | string | null => {
    const index = text === null ? -1 : texts.indexOf(text)
    return index === -1 ? text : index
  }
  return {
    ...{ params, places, after: new Uint8Array(bytes.subarray(done)), replyForm, isTest: reading.test },
    ...{ workspaceId: context.workspaceId, sourceId: context.sourceId, keyVersion: context.keyVersion },
    hasUserAgent: context.senderUserAgent !== null,
    clickId: held(reading.click_id),
    transactionId: held(reading.transaction_id),
    eventId: reading.event_id_given
      ? { given: held(reading.event_id) ?? '' }
      : {
          given: null,
          of: { event: reading.event, conversion_status: reading.conversion_status },
          isOwn: reading.event_id !== eventId({ ...reading, workspace_id: context.workspaceId }),
        },
  }
}

function stencilOf(shape: Shape): Stencil {
  const { params, places, after, workspaceId } = shape
  const textAt = (entries: Entries, held: number | string | null): string | null =>
    typeof held === 'number' ? String(entries[held]?.[1]) : held
  const idOf = (context: ReadContext, click_id: string | null, transaction_id: string | null, entries: Entries): string => {
    const { eventId: id } = shape
    if (id.given !== null) return textAt(entries, id.given) ?? ''
    const parts = { workspace_id: workspaceId, click_id, transaction_id, ...id.of, value: null, currency: null, event_time: null }
    return eventId(parts, id.isOwn ? context.postbackId : undefined)
  }
  // A sender's own programme is the same each time, and looking for people in it takes longer than writing it.
  let lastAgent = ''
  let itsText = ''
  return {
    isTest: shape.isTest,
    replyForm: shape.replyForm,
    fits(entries, context) {
      if (entries.length !== params.length || context.workspaceId !== workspaceId || context.sourceId !== shape.sourceId) return false
      if (context.keyVersion !== shape.keyVersion || (context.senderUserAgent !== null) !== shape.hasUserAgent) return false
      if (context.senderIp === null || context.senderIp.length > ADDRESS_MAX || context.messageId !== null) return false
      if (context.workspacesOffset < 0) return false // a zigzag of its own
      for (let at = 0; at < params.length; at++) {
        const [name, value] = entries[at] as Entries[number] // as many as params
        const param = params[at] as Param
        if (name !== param.name || (param.freedom === null ? value !== param.value : !isFree(param.freedom, value))) return false
      }
      return true
    },
    fill(entries, context) {
      const agent = context.senderUserAgent ?? ''
      if (agent !== lastAgent) [lastAgent, itsText] = [agent, withoutPeople(agent)]
      if (itsText.length > AGENT_MAX) return null
      const clickId = textAt(entries, shape.clickId)
      const transactionId = textAt(entries, shape.transactionId)
      const id = idOf(context, clickId, transactionId, entries)
      let at = 0
      for (const { what, before } of places) {
        at = wroteBytes(before, at)
        if (what === 'received_at') at = wroteLong(context.nowMs, at)
        else if (what === 'workspaces_offset') at = wroteLong(context.workspacesOffset, at)
        else if (what === 'postback_id') at = wroteText(context.postbackId, at)
        else if (what === 'event_id') at = wroteText(id, at)
        else if (what === 'sender_user_agent') at = wroteText(itsText, at)
        else at = wroteText(what === 'sender_ip' ? (context.senderIp ?? '') : (textAt(entries, what) ?? ''), at)
      }
      at = wroteBytes(after, at)
      const value = Buffer.allocUnsafe(at)
      value.set(scratch.subarray(0, at))
      return { postbackId: context.postbackId, eventId: id, clickId, transactionId, value }
    },
  }
}

/** As Avro writes them. https://avro.apache.org/docs/1.12.0/specification/#binary-encoding */
function wroteText(text: string, at: number): number {
  const { length } = text
  // A length below 64 takes one byte.
  if (length < 64 && wroteAscii(scratch, at + 1, text)) {
    scratch[at] = length << 1
    return at + 1 + length
  }
  const from = wroteLong(Buffer.byteLength(text), at)
  return from + scratch.write(text, from)
}

/** At least 0, at most 2^52. */
function wroteLong(value: number, from: number): number {
  let at = from
  let rest = value * 2
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) scratch[at++] = (rest % 0x80) | 0x80
  scratch[at++] = rest
  return at
}

const HERE_MAX = 32
function wroteBytes(bytes: Uint8Array, at: number): number {
  const { length } = bytes
  if (length > HERE_MAX) scratch.set(bytes, at)
  else for (let i = 0; i < length; i++) scratch[at + i] = bytes[i] as number // within it
  return at + length
}

const textBytes = (text: string): Buffer => Buffer.from(scratch.subarray(0, wroteText(text, 0)))
const longBytes = (value: number): Buffer => Buffer.from(scratch.subarray(0, wroteLong(value, 0)))

function* occurrences(bytes: Buffer, of: Buffer): Generator<number> {
  for (let at = bytes.indexOf(of); at !== -1; at = bytes.indexOf(of, at + 1)) yield at
}
