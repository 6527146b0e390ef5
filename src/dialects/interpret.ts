import { isIP } from 'node:net'
import { currencyCode } from '../events/currencies.ts'
import type { Reading } from '../events/postback.ts'
import type { App } from '../events/shapes.ts'
import { platformOfIds } from '../events/words.ts'
import { type Dialect, type Field, type Json, type Params, PII_FIELDS, type PiiField, type SourceRules, SUBS } from './definition.ts'
import { EXACT, type Picked, pickFields, textOf } from './fields.ts'
import { type Finding, Findings } from './findings.ts'
import { pickDialect } from './index.ts'
import { halfReplaced } from './macros.ts'
import { hundredthOf, readDecimal } from './numbers.ts'
import { readApp, readBoolean, readConsent, readItems } from './structured.ts'
import { readTime } from './times.ts'
import { lookupFor, readWords } from './words.ts'

/** A request in canonical words, before user data is hashed and the event id is settled. */
export type Interpretation = {
  readonly dialect: Dialect
  readonly reading: Omit<Reading, 'user' | 'event_id' | 'event_id_given' | 'custom_data'>
  /** The event id the sender gave. */
  readonly givenEventId: string | null
  /** User data in clear, with the sender's name for each. Never to be written. */
  readonly pii: ReadonlyMap<PiiField, { readonly param: string; readonly text: string }>
  readonly customData: Json | null
  readonly unread: ReadonlyMap<string, Json>
  readonly findings: readonly Finding[]
  readonly quarantined: 'no_event' | 'status_unmapped' | 'value_invalid' | 'currency_unknown' | null
  readonly clickIdFault: 'macro_unreplaced' | 'no_click_id' | null
}

const ID_MAX = 512
const EVENT_ID_MAX = 128
const TEXT_MAX = 512
const URL_MAX = 2_048
/** Clocks of senders run ahead by seconds; hours are a wrong time zone, which would date the conversion after its receipt. */
const AHEAD_MAX_MS = 10 * 60_000
const BLANK = /^(?:\(?(?:null|undefined|none|nan|n\/a|not set)\)?|-)?$/i
/** Fields where `$<x>` is what is left of a macro, and never part of the value. */
const HALF_REPLACED: ReadonlySet<Field> = new Set(['click_id', 'transaction_id', 'event', 'status', 'value', 'currency'])

const PII: ReadonlySet<Field> = new Set(PII_FIELDS)
const SUB_FIELDS: ReadonlySet<Field> = new Set(SUBS)

/** Reads parameters as a conversion. Never throws, and never invents a click id. */
export function interpret(params: Params, rules: SourceRules, nowMs: number): Interpretation {
  const dialect = pickDialect(rules, params)
  const decimal = rules.decimal ?? dialect.decimal
  const picked = pickFields(params, dialect)
  const found = new Findings(dialect)
  for (const { field, param, lost } of picked.rivals) found.rival(field, param, lost)

  /** The field's text; null when it is absent, blank or a macro, which is told. */
  const text = (field: Field, max = TEXT_MAX): string | null => {
    const one = picked.fields.get(field)
    if (one === undefined) return null
    if (one.macro !== null) {
      found.macro(field, one.param, one.macro, one.text)
      return null
    }
    if (EXACT.has(field) && typeof one.value === 'object') {
      found.shapeWrong(field, one.param)
      return null
    }
    const value = HALF_REPLACED.has(field) ? withoutDollar(field, one) : one.text
    if (value.length > max) found.tooLong(one.param, max)
    return value.trim() === '' ? null : (EXACT.has(field) ? value : value.trim()).slice(0, max)
  }
  const withoutDollar = (field: Field, { param, text: sent }: Picked): string => {
    const rest = halfReplaced(sent)
    if (rest === null) return sent
    found.halfReplaced(field, param)
    return rest
  }
  const json = (field: Field): Json | undefined => {
    const one = picked.fields.get(field)
    if (one?.macro === null) return one.value
    if (one?.macro !== undefined) found.macro(field, one.param, one.macro, one.text)
    return undefined
  }
  const paramOf = (field: Field): string => picked.fields.get(field)?.param ?? field

  const clickId = readClickId()
  const rawEvent = text('event', 128)
  const rawStatus = text('status', 128)
  const eventIsCanonical = paramOf('event').toLowerCase() === 'event'
  const isBare = !picked.fields.has('event') && !picked.fields.has('status')
  const words = readWords({ event: rawEvent, eventIsCanonical, status: rawStatus, isBare }, lookupFor(dialect, rules.status_map, params))
  if (words.quarantined === 'no_event') found.noEvent(paramOf('event'))
  for (const side of words.unknown) found.wordUnknown(side, paramOf(side), side === 'event' ? rawEvent : rawStatus, words.event === null)
  const value = readValue()
  const currency = readCurrency(value.read)

  // Most requests have none of them.
  let hasPii = false
  let hasSubs = false
  picked.fields.forEach((_, field) => {
    hasPii ||= PII.has(field)
    hasSubs ||= SUB_FIELDS.has(field)
  })
  const pii = new Map<PiiField, { param: string; text: string }>()
  for (const field of hasPii ? PII_FIELDS : []) {
    const read = text(field)
    if (read !== null) pii.set(field, { param: paramOf(field), text: read })
  }
  const subs: Record<string, string> = {}
  for (const name of hasSubs ? SUBS : []) {
    const sub = text(name)
    if (sub !== null) subs[name] = sub
  }
  const country = pii.get('country')?.text

  const reading: Interpretation['reading'] = {
    event: words.event,
    raw_event: rawEvent,
    click_id: clickId.id,
    transaction_id: text('transaction_id', ID_MAX),
    conversion_status: words.conversion_status,
    raw_status: rawStatus,
    value: value.read,
    currency: currency.read,
    event_time: readEventTime(),
    event_source_url: text('event_source_url', URL_MAX),
    referrer: text('referrer', URL_MAX),
    action_source: text('action_source'),
    country: country !== undefined && /^[A-Za-z]{2}$/.test(country) ? country.toUpperCase() : null,
    client_ip: readIp(),
    client_user_agent: text('client_user_agent', 1_024),
    locale: text('locale'),
    fbclid: text('fbclid', URL_MAX),
    fbc: text('fbc', URL_MAX),
    fbp: text('fbp'),
    gclid: text('gclid'),
    gbraid: text('gbraid'),
    wbraid: text('wbraid'),
    ttclid: text('ttclid', URL_MAX),
    ttp: text('ttp'),
    madid: text('madid'),
    app: readAppParts(structured('app', readApp)),
    items: structured('items', (sent) => readItems(sent, decimal)) ?? [],
    consent: readConsent(json('consent'), json('ad_user_data'), json('ad_personalization')),
    limited_data_use: structured('limited_data_use', readBoolean),
    subs,
    test: structured('test', readBoolean) ?? false,
  }
  // A transaction id may find the click of an earlier postback.
  if (clickId.id === null && clickId.fault === null && reading.transaction_id === null && platformOfIds(reading) === null) found.noClickId()

  return {
    dialect,
    reading,
    givenEventId: text('event_id', EVENT_ID_MAX),
    pii,
    customData: json('custom_data') ?? null,
    unread: picked.unread,
    findings: found.list,
    quarantined: words.quarantined ?? (value.invalid ? 'value_invalid' : currency.unknown ? 'currency_unknown' : null),
    clickIdFault: clickId.fault,
  }

  function readClickId(): { id: string | null; fault: Interpretation['clickIdFault'] } {
    const one = picked.fields.get('click_id')
    if (one === undefined) return { id: null, fault: null }
    const id = text('click_id', ID_MAX)
    if (one.macro !== null) return { id: null, fault: 'macro_unreplaced' }
    if (id !== null && !BLANK.test(id.trim())) return { id, fault: null }
    found.blankClickId(one.param)
    return { id: null, fault: 'no_click_id' }
  }

  function readValue(): { read: string | null; invalid: boolean } {
    const sent = text('value')
    if (sent === null) return { read: null, invalid: false }
    const read = readDecimal(sent, typeof picked.fields.get('value')?.value === 'number' ? '.' : decimal) ?? null
    if (read === null) found.valueInvalid(paramOf('value'), sent)
    return { read: read === null ? null : inUnits(read), invalid: read === null }
  }

  /** Hundredths are whole numbers; where a fraction says that they are none, the number is taken as it stands. */
  function inUnits(amount: string): string {
    if (dialect.hundredths?.includes(paramOf('value').toLowerCase()) !== true) return amount
    if (!amount.includes('.')) return hundredthOf(amount)
    found.valueUnit(paramOf('value'), amount)
    return amount
  }

  function readCurrency(amount: string | null): { read: string | null; unknown: boolean } {
    const sent = text('currency')
    if (sent !== null) {
      const code = currencyCode(sent) ?? null
      if (code === null) found.currencyUnknown(paramOf('currency'), sent)
      return { read: code, unknown: code === null }
    }
    if (amount !== null && rules.default_currency === null) found.currencyMissing(paramOf('currency'))
    return { read: amount === null ? null : rules.default_currency, unknown: false }
  }

  function readIp(): string | null {
    const sent = text('client_ip', 64)
    if (sent === null || isIP(sent) !== 0) return sent
    found.ipInvalid(paramOf('client_ip'), sent)
    return null
  }

  function readEventTime(): number | null {
    const sent = text('event_time')
    if (sent === null) return null
    const ms = readTime(sent, rules.timezone)
    if (ms === undefined) found.timeUnreadable(paramOf('event_time'), sent)
    else if (ms > nowMs + AHEAD_MAX_MS) found.timeAhead(paramOf('event_time'), sent)
    else return ms
    return null
  }

  /** Parts that were sent one by one fill what the object leaves open. */
  function readAppParts(app: App | null): App | null {
    const id = text('app.id', 256)
    const os = text('app.os', 256)
    const os_version = text('app.os_version', 256)
    const app_version = text('app.app_version', 256)
    if (app === null && id === null && os === null && os_version === null && app_version === null) return null
    return {
      id: app?.id ?? id,
      os: app?.os ?? os,
      os_version: app?.os_version ?? os_version,
      app_version: app?.app_version ?? app_version,
      tracking_enabled: app?.tracking_enabled ?? null,
      extinfo: app?.extinfo ?? [],
    }
  }

  function structured<T>(field: Field, read: (value: Json) => T | undefined): T | null {
    const sent = json(field)
    if (sent === undefined || textOf(sent).trim() === '') return null
    const value = read(sent)
    if (value === undefined) found.shapeWrong(field, paramOf(field))
    return value ?? null
  }
}
