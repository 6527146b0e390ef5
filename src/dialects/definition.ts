import { type ConversionStatus, TRACKER_NAMES, type TrackerId } from '../events/words.ts'

export const SUBS = [
  'sub1',
  'sub2',
  'sub3',
  'sub4',
  'sub5',
  'sub6',
  'sub7',
  'sub8',
  'sub9',
  'sub10',
  'sub11',
  'sub12',
  'sub13',
  'sub14',
  'sub15',
  'sub16',
  'sub17',
  'sub18',
  'sub19',
  'sub20',
] as const

/** Fields that are user data: hashed before anything is written. */
export const PII_FIELDS = [
  'user_email',
  'user_phone',
  'first_name',
  'last_name',
  'city',
  'state',
  'zip',
  'country',
  'date_of_birth',
  'gender',
  'external_id',
] as const
export type PiiField = (typeof PII_FIELDS)[number]

/** Every canonical name of a conversion, as a query spells it (JSON spells `status` also `conversion_status`). */
export const FIELDS = [
  'event',
  'click_id',
  'event_id',
  'transaction_id',
  'status',
  'value',
  'currency',
  'event_time',
  'event_source_url',
  'referrer',
  'action_source',
  ...PII_FIELDS,
  'client_ip',
  'client_user_agent',
  'locale',
  'fbclid',
  'fbc',
  'fbp',
  'gclid',
  'gbraid',
  'wbraid',
  'ttclid',
  'ttp',
  'madid',
  'app',
  'items',
  'consent',
  'ad_user_data',
  'ad_personalization',
  'limited_data_use',
  'test',
  'custom_data',
  ...SUBS,
] as const

/** Parts of `app` that mobile attribution partners send one by one. */
export const APP_PARTS = ['app.id', 'app.os', 'app.os_version', 'app.app_version'] as const
export type AppPart = (typeof APP_PARTS)[number]
export type Field = (typeof FIELDS)[number] | AppPart

/** What came under a name: text from a query or form, anything from JSON. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json }
export type Params = ReadonlyMap<string, Json>

/** What a sender's word means; null: it says nothing about that side. */
export type Meaning = { readonly event: string | null; readonly conversion_status: ConversionStatus | null }

/** What the settings of a source say about reading. A source that is not known yet is read with `UNKNOWN_SOURCE`. */
export type SourceRules = {
  readonly kind: 'tracker' | 'backend'
  readonly tracker: string
  readonly default_currency: string | null
  readonly default_country: string | null
  readonly timezone: string
  /** The separator of decimals in this source's numbers; null: the dialect's. */
  readonly decimal: '.' | ',' | null
  /** Words in lower case. `event:<word>` and `status:<word>` count on that side alone, and before `<word>`; the empty word is
   *  what a postback means that names neither event nor status. */
  readonly status_map: Readonly<Record<string, Meaning>>
  readonly dedupe: Readonly<Record<string, 'first_only' | 'by_transaction' | 'every'>>
}
export const UNKNOWN_SOURCE: SourceRules = {
  kind: 'tracker',
  tracker: 'generic',
  default_currency: null,
  default_country: null,
  timezone: 'UTC',
  decimal: null,
  status_map: {},
  dedupe: {},
}

/** How one tracker speaks to us; pure. */
export type DialectDefinition = {
  readonly id: TrackerId
  /** Where its place among templates is named otherwise than in the list of trackers. */
  readonly name?: string
  /** Where the tracker describes its parameters. */
  readonly docs: string | null
  /** What gives the tracker away in a source that names none: all of `all`, and one of `any`. */
  readonly signature: { readonly all: readonly string[]; readonly any: readonly string[] } | null
  /** Further parameter names of a field, lower case, the surest first. The canonical name always comes before them. */
  readonly aliases: Partial<Record<Field, readonly string[]>>
  /** A parameter that bears a canonical name of another field and yet is the click id where nothing else is sent as one:
   *  `transaction_id` of networks that call a click a transaction. */
  readonly clickIdElse?: string
  /** Parameters whose number counts hundredths of the currency: 345 is 3.45. */
  readonly hundredths?: readonly string[]
  /** The tracker's words, lower case, in the form of a source's map, which comes before them. The empty word: a postback that
   *  names neither event nor status, where the tracker's documents make that a conversion. */
  readonly words: Readonly<Record<string, Meaning>>
  /** Parameters that list words for one meaning (`lead_status=reg,topup`). */
  readonly wordLists: Readonly<Record<string, Meaning>>
  /** The separator of decimals where a number has one separator once: see `numbers.ts`. */
  readonly decimal: '.' | ','
  /** The macro this tracker fills for a field. */
  readonly macros: Partial<Record<Field, string>>
  /** What to paste: parameters in order; `verified` is the day its macros were read in `docs`, null while no document shows them. */
  readonly template: {
    readonly params: readonly (readonly [string, string])[]
    readonly verified: string | null
    readonly docs: string | null
  }
}

export type Dialect = DialectDefinition & {
  readonly name: string
  readonly byParam: ReadonlyMap<string, { readonly field: Field; readonly rank: number }>
}

/** Canonical names are read by every dialect. */
export function defineDialect(definition: DialectDefinition): Dialect {
  const byParam = new Map<string, { field: Field; rank: number }>()
  for (const field of [...FIELDS, ...APP_PARTS]) byParam.set(field, { field, rank: 0 })
  byParam.set('conversion_status', { field: 'status', rank: 0 })
  for (const [field, names] of Object.entries(definition.aliases) as [Field, readonly string[]][])
    for (const [index, name] of names.entries()) byParam.set(name, { field, rank: index + 1 })
  return { ...definition, name: definition.name ?? TRACKER_NAMES[definition.id], byParam }
}
