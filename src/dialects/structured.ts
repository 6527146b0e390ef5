import type { App, Consent, Item } from '../events/shapes.ts'
import type { Json } from './definition.ts'
import { textOf } from './fields.ts'
import { readDecimal } from './numbers.ts'

const ITEMS_MAX = 200
/** As deep as JSON in a body may nest: what walks it later has only so much stack. */
const DEPTH_MAX = 32
const YES: ReadonlySet<string> = new Set(['1', 'true', 'yes', 'y', 'on', 'granted'])
const NO: ReadonlySet<string> = new Set(['0', 'false', 'no', 'n', 'off', 'denied', ''])

/** undefined: neither a yes nor a no. */
export function readBoolean(value: Json): boolean | undefined {
  const word = textOf(value).trim().toLowerCase()
  return YES.has(word) ? true : NO.has(word) ? false : undefined
}

/** An object, also as JSON text; undefined when it is neither. */
export function readObject(value: Json): { readonly [name: string]: Json } | undefined {
  const parsed = typeof value === 'string' ? parse(value) : value
  return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? (parsed as { [name: string]: Json }) : undefined
}

/** A list of items, also as JSON text; undefined when it is none. What an item does not say is null. */
export function readItems(value: Json, decimal: '.' | ','): Item[] | undefined {
  const parsed = typeof value === 'string' ? parse(value) : value
  if (!Array.isArray(parsed)) return undefined
  return parsed.slice(0, ITEMS_MAX).map((entry: Json) => {
    const item = readObject(entry) ?? {}
    const quantity = Number(item.quantity ?? Number.NaN)
    return {
      id: text(item.id),
      name: text(item.name),
      quantity: Number.isFinite(quantity) ? quantity : null,
      price: readDecimal(text(item.price) ?? '', decimal) ?? null,
      category: text(item.category),
      brand: text(item.brand),
    }
  })
}

export function readApp(value: Json): App | undefined {
  const app = readObject(value)
  if (app === undefined) return undefined
  return {
    id: text(app.id),
    os: text(app.os),
    os_version: text(app.os_version),
    app_version: text(app.app_version),
    tracking_enabled: app.tracking_enabled === undefined ? null : (readBoolean(app.tracking_enabled) ?? null),
    extinfo: Array.isArray(app.extinfo) ? app.extinfo.slice(0, 16).map((entry: Json) => textOf(entry).slice(0, 128)) : [],
  }
}

const NOTHING: { readonly [name: string]: Json } = {}

/** What was not said stays null: silence is never a yes. */
export function readConsent(whole: Json | undefined, userData: Json | undefined, personalization: Json | undefined): Consent {
  const object = whole === undefined ? NOTHING : (readObject(whole) ?? NOTHING)
  const side = (value: Json | undefined): boolean | null =>
    value === undefined || textOf(value).trim() === '' ? null : (readBoolean(value) ?? null)
  return { ad_user_data: side(userData ?? object.ad_user_data), ad_personalization: side(personalization ?? object.ad_personalization) }
}

function parse(text: string): Json | undefined {
  if (isDeep(text)) return undefined
  try {
    return JSON.parse(text) as Json
  } catch {
    return undefined
  }
}

/** Brackets in strings count too, which no text in good faith has in such number. */
function isDeep(text: string): boolean {
  let depth = 0
  for (const bracket of text.matchAll(/[[\]{}]/g)) {
    depth += bracket[0] === '[' || bracket[0] === '{' ? 1 : -1
    if (depth > DEPTH_MAX) return true
  }
  return false
}

const text = (value: Json | undefined): string | null => {
  const written = value === undefined ? '' : textOf(value).trim()
  return written === '' ? null : written.slice(0, 256)
}
