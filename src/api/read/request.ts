import { hash } from 'node:crypto'
import type { Json, PiiField, SourceRules } from '../../dialects/definition.ts'
import { PII_FIELDS } from '../../dialects/definition.ts'
import { textOf } from '../../dialects/fields.ts'
import type { Finding } from '../../dialects/findings.ts'
import { type Interpretation, interpret } from '../../dialects/interpret.ts'
import { readObject } from '../../dialects/structured.ts'
import { eventId } from '../../events/event-id.ts'
import type { Postback, Reading } from '../../events/postback.ts'
import type { App, HashedUser, Item, Problem } from '../../events/shapes.ts'
import { type ParsedBody, parseBody } from './body.ts'
import { collect } from './collect.ts'
import { maskedExcerpt } from './excerpt.ts'
import type { Listed } from './items.ts'
import { type Pairs, parsePairs } from './params.ts'
import { idWithoutPeople, keepable, keepableJson, privateHash, withoutPeople } from './private.ts'

/** A request as far as it is read. `query` is what follows the `?`, still encoded; `body` null: none. */
export type RequestParts = {
  readonly method: string
  readonly query: string
  /** Of the query, where it is decoded already. */
  readonly pairs?: Pairs
  readonly contentType: string
  readonly contentEncoding: string
  readonly body: Uint8Array | null
}

/** Hashes user data in every form a platform needs; a problem never repeats a value. */
export type HashUser = (
  fields: Partial<Record<PiiField, string>>,
  defaultCountry: string | null,
) => { readonly user: HashedUser; readonly problems: readonly Problem[] }

export type ReadContext = {
  readonly workspaceId: string
  readonly sourceId: string
  readonly keyVersion: number
  readonly rules: SourceRules
  readonly postbackId: string
  readonly nowMs: number
  readonly workspacesOffset: number
  readonly senderIp: string | null
  readonly senderUserAgent: string | null
  /** See `Postback.message_id`. */
  readonly messageId: string | null
  readonly hashUser: HashUser
}

export type ReadRequest = {
  readonly postback: Postback
  /** What a strict source is refused for. `sent` holds no user data. */
  readonly errors: readonly Finding[]
  /** `return=` as it was sent. */
  readonly replyForm: string | null
}

const PROBLEMS_MAX = 50
const NO_PAIRS: Pairs = { pairs: [], invalidUtf8: false }

/** Reads a request as a conversion: pure, and it never throws. What cannot be read is quarantined, with all that can. */
export function readRequest(request: RequestParts, context: ReadContext): ReadRequest {
  const body: ParsedBody = request.body === null ? { kind: 'none' } : parseBody(request.body, request.contentType, request.contentEncoding)
  return read(request.method, request.pairs ?? parsePairs(request.query), body, request.body, context)
}

/** One item of a batch, under its index. */
export function readItem(item: Listed, index: number, context: ReadContext): ReadRequest {
  const { value, isJson, ...told } = item
  const object = typeof value === 'string' ? undefined : readObject(value)
  const body: ParsedBody =
    object === undefined
      ? {
          kind: 'unreadable',
          message: isJson ? `The item of index ${index} is no JSON object.` : `The line of index ${index} is not valid JSON.`,
          fix: isJson ? 'Send JSON objects.' : 'Send one whole JSON object a line, or a JSON array.',
          text: textOf(value),
        }
      : { kind: 'object', object, ...told }
  return read('POST', NO_PAIRS, body, null, context)
}

/** The row of a request that was never read as a whole: `problem` says why. */
export function readRefused(method: string, query: string, problem: Problem, context: ReadContext): ReadRequest {
  return read(method, parsePairs(query), { kind: 'unreadable', ...problem, text: '' }, null, context, problem.code)
}

function read(
  method: string,
  query: Pairs,
  body: ParsedBody,
  bytes: Uint8Array | null,
  context: ReadContext,
  code = 'unreadable',
): ReadRequest {
  const { params, overruled, replyForm, findings } = collect(query, body)
  const meant = interpret(params, context.rules, context.nowMs)
  const isUnreadable = body.kind === 'unreadable'
  // The event and the click may well be in what could not be read.
  const all = [...findings, ...meant.findings.filter((one) => !isUnreadable || !['no_event', 'no_click_id'].includes(one.code))]
  if (isUnreadable)
    all.unshift({ code, param: '', message: body.message, fix: body.fix, sent: maskedExcerpt(body.text).slice(0, 100), isError: true })

  const raw: Record<string, string> = {}
  // Not by for-of, which makes a list of every pair.
  params.forEach((value, name) => {
    raw[withoutPeople(name)] = kept(name, value, meant)
  })
  for (const [name, value] of overruled) raw[withoutPeople(name)] = kept(name.replace(/^query\.|#\d+$/g, ''), value, meant)
  if (isUnreadable && bytes !== null) {
    if (body.text !== '') raw['body.excerpt'] = maskedExcerpt(body.text)
    raw['body.bytes'] = String(bytes.length)
    raw['body.sha256'] = hash('sha256', bytes, 'hex')
  }
  const unread: Record<string, string> = {}
  for (const [name, value] of meant.unread) unread[withoutPeople(name)] = kept(name, value, meant)

  const hashed = meant.pii.size === 0 ? { user: {}, problems: [] } : context.hashUser(clearTexts(meant.pii), context.rules.default_country)
  for (const problem of hashed.problems) {
    const param = meant.pii.get(problem.param as PiiField)?.param ?? problem.param // hashUser names the field; the sender has its own word
    all.push({ ...problem, param, sent: '', isError: false })
  }
  const reading = settle(meant, hashed.user, all, isUnreadable, context)
  // Warnings have no bound but the body's: those that nobody will see are not told.
  const told = all.filter(({ isError }, index) => isError || index < PROBLEMS_MAX).map(toldOf)
  const errors = told.filter((one) => one.isError)
  return {
    postback: {
      postback_id: context.postbackId,
      workspace_id: context.workspaceId,
      source_id: context.sourceId,
      source_kind: context.rules.kind,
      tracker: context.rules.tracker,
      key_version: context.keyVersion,
      received_at: context.nowMs,
      lane: 'live',
      workspaces_offset: context.workspacesOffset,
      method,
      dialect: meant.dialect.id,
      reading,
      raw,
      unread,
      problems: told.slice(0, PROBLEMS_MAX).map(({ code, param, message, fix }) => ({ code, param, message, fix })),
      quarantined: isUnreadable ? 'unreadable' : (meant.quarantined ?? refusedWhy(context.rules, errors)),
      click_id_fault: meant.clickIdFault,
      sender_ip: context.senderIp,
      sender_user_agent: context.senderUserAgent === null ? null : withoutPeople(context.senderUserAgent),
      read_again_at: null,
      message_id: context.messageId,
    },
    errors,
    replyForm,
  }
}

/** A strict source is refused for any error; the row of it stands in quarantine, so that the workspace sees it. */
function refusedWhy({ kind }: SourceRules, errors: readonly Finding[]): string | null {
  if (kind === 'tracker' || errors.length === 0) return null
  return errors.some((one) => one.code === 'status_unmapped') ? 'status_unmapped' : 'unreadable'
}

const clearTexts = (pii: Interpretation['pii']): Partial<Record<PiiField, string>> =>
  Object.fromEntries([...pii].map(([field, { text }]) => [field, text]))

const textOrNull = (text: string | null): string | null => (text === null ? null : withoutPeople(text))
const idOrNull = (id: string | null): string | null => (id === null ? null : idWithoutPeople(id))

const appWithoutPeople = (app: App): App => ({
  id: textOrNull(app.id),
  os: textOrNull(app.os),
  os_version: textOrNull(app.os_version),
  app_version: textOrNull(app.app_version),
  tracking_enabled: app.tracking_enabled,
  extinfo: app.extinfo.map(withoutPeople),
})

const itemWithoutPeople = (item: Item): Item => ({
  id: textOrNull(item.id),
  name: textOrNull(item.name),
  quantity: item.quantity,
  price: item.price,
  category: textOrNull(item.category),
  brand: textOrNull(item.brand),
})

function subsWithoutPeople(sent: Readonly<Record<string, string>>): Record<string, string> {
  const subs: Record<string, string> = {}
  for (const [name, value] of Object.entries(sent)) subs[name] = withoutPeople(value)
  return subs
}

/** The reading with user data hashed and the event id settled. */
function settle(meant: Interpretation, user: HashedUser, findings: Finding[], isUnreadable: boolean, context: ReadContext): Reading {
  const given = meant.givenEventId === null ? null : idWithoutPeople(meant.givenEventId)
  const sent = meant.reading
  // Field by field in one shape: copies of copies take many times as long.
  const reading: Reading = {
    event: sent.event,
    raw_event: textOrNull(sent.raw_event),
    event_id: given ?? '',
    event_id_given: given !== null,
    click_id: idOrNull(sent.click_id),
    transaction_id: idOrNull(sent.transaction_id),
    conversion_status: sent.conversion_status,
    raw_status: textOrNull(sent.raw_status),
    value: sent.value,
    currency: sent.currency,
    event_time: sent.event_time,
    event_source_url: textOrNull(sent.event_source_url),
    referrer: textOrNull(sent.referrer),
    action_source: textOrNull(sent.action_source),
    user,
    country: sent.country,
    client_ip: sent.client_ip,
    client_user_agent: textOrNull(sent.client_user_agent),
    locale: textOrNull(sent.locale),
    fbclid: idOrNull(sent.fbclid),
    fbc: idOrNull(sent.fbc),
    fbp: idOrNull(sent.fbp),
    gclid: idOrNull(sent.gclid),
    gbraid: idOrNull(sent.gbraid),
    wbraid: idOrNull(sent.wbraid),
    ttclid: idOrNull(sent.ttclid),
    ttp: idOrNull(sent.ttp),
    madid: idOrNull(sent.madid),
    app: sent.app === null ? null : appWithoutPeople(sent.app),
    items: sent.items.map(itemWithoutPeople),
    consent: sent.consent,
    limited_data_use: sent.limited_data_use,
    subs: subsWithoutPeople(sent.subs),
    test: sent.test,
    custom_data: customData(meant.customData, findings),
  }
  if (given !== null) return reading
  const { dedupe } = context.rules
  // The same message again has the same event id, and with it its place in the log.
  const isOwnEvent = isUnreadable || (dedupe[sent.event ?? ''] ?? dedupe['*']) === 'every'
  const own = isOwnEvent ? (context.messageId ?? context.postbackId) : undefined
  reading.event_id = eventId({ ...reading, workspace_id: context.workspaceId }, own)
  return reading
}

function customData(sent: Json | null, findings: Finding[]): string | null {
  if (sent === null || textOf(sent).trim() === '') return null
  const object = readObject(sent)
  if (object !== undefined) return JSON.stringify(keepableJson('custom_data', object))
  findings.push({
    code: 'custom_data_invalid',
    param: 'custom_data',
    message: 'custom_data is no JSON object and was left out.',
    fix: 'Send a JSON object, in a query as percent-encoded JSON.',
    sent: '',
    isError: true,
  })
  return null
}

/** A finding as it is told: the name of a parameter may be somebody's, and every sentence may repeat it. */
const toldOf = ({ code, param, message, fix, sent, isError }: Finding): Finding => ({
  ...{ code, isError, param: withoutPeople(param) },
  ...{ message: withoutPeople(message), fix: withoutPeople(fix), sent: withoutPeople(sent) },
})

const PII: ReadonlySet<string> = new Set(PII_FIELDS)

/** A parameter as it may be written: user data as a hash, by what it is read as, by its name or by its look. */
function kept(name: string, value: Json, { dialect }: Interpretation): string {
  const text = textOf(value)
  const field = dialect.byParam.get(name.toLowerCase())?.field
  if (field !== undefined && PII.has(field)) return text.trim() === '' ? '' : privateHash(text)
  if (typeof value === 'string' && !/^\s*[{[]/.test(value)) return keepable(name, value)
  const object = typeof value === 'object' ? value : readObject(value)
  return object === undefined || object === null ? keepable(name, text) : JSON.stringify(keepableJson(name, object))
}
