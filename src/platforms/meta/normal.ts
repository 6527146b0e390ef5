import { countryCode } from '../countries.ts'

/** Meta's normal forms before hashing. null: the value has no such form, so it is left out; an empty text is never hashed.
 *  https://developers.facebook.com/documentation/ads-commerce/conversions-api/parameters/customer-information-parameters
 *  Where that page is silent and Meta's two libraries differ (blanks in names), its parameter builder is followed:
 *  https://github.com/facebook/capi-param-builder */

const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/
const NOT_A_NAME = /[\s\p{P}\p{S}]/gu
const NOT_A_PLACE = /[^\p{L}\p{M}\p{N}]/gu

const orNull = (text: string): string | null => (text === '' ? null : text)

/** Dots and +tag stay. */
export function email(sent: string): string | null {
  const text = sent.trim().toLowerCase()
  return EMAIL.test(text) ? text : null
}

/** Digits with the country code and without a plus sign, from E.164. */
export const phone = (e164: string): string => e164.slice(1)

/** First or last name: accents stay, punctuation and blanks go. */
export const personName = (sent: string): string | null => orNull(sent.normalize('NFC').toLowerCase().replace(NOT_A_NAME, ''))

export const city = (sent: string): string | null => orNull(sent.normalize('NFC').toLowerCase().replace(NOT_A_PLACE, ''))

/** A state of the US as two letters. `country`: alpha-2, or null when none was sent, and then a US state's name is taken for one. */
export function state(sent: string, country: string | null): string | null {
  const text = city(sent)
  if (text === null) return null
  return country === null || country === 'US' ? (US_STATES.get(text) ?? text) : text
}

const ZIP_PLUS_4 = /^\d{5}-\d{4}$/
/** Without blanks and dashes; of the US the first five digits, where ZIP+4 is known by its form alone. */
export function zip(sent: string, country: string | null): string | null {
  const text = sent.trim().toLowerCase()
  const plain = text.replace(/[\s-]/g, '')
  return orNull(country === 'US' || (country === null && ZIP_PLUS_4.test(text)) ? plain.slice(0, 5) : plain)
}

/** Alpha-2 in lower case, from alpha-2, alpha-3 or an English name. */
export const country = (sent: string): string | null => countryCode(sent)?.toLowerCase() ?? null

/** `YYYYMMDD`. Slashes read as month/day/year, as in Meta's own example, unless that is no date; dots as day.month.year. */
export function birthDate(sent: string): string | null {
  const text = sent.trim()
  const iso = /^(\d{4})[-/.]?(\d{2})[-/.]?(\d{2})(?:[T ].*)?$/.exec(text)
  if (iso) return date(iso[1], iso[2], iso[3])
  const parts = /^(\d{1,2})([-/.])(\d{1,2})\2(\d{4})$/.exec(text)
  if (!parts) return null
  const [, first, mark, second, year] = parts
  const [monthFirst, dayFirst] = [date(year, first, second), date(year, second, first)]
  return mark === '.' ? dayFirst : (monthFirst ?? dayFirst)
}

function date(year = '', month = '', day = ''): string | null {
  const iso = `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`
  const at = Date.parse(`${iso}T00:00:00Z`)
  if (Number.isNaN(at) || year < '1800') return null
  const real = new Date(at).toISOString().slice(0, 10)
  return real === iso ? iso.replaceAll('-', '') : null // 30 February reads as 2 March
}

const FEMALE = new Set(['f', 'female', 'woman'])
const MALE = new Set(['m', 'male', 'man'])
/** `f` or `m`; null for every other word, since Meta takes no third. */
export function gender(sent: string): string | null {
  const word = sent.trim().toLowerCase()
  return FEMALE.has(word) ? 'f' : MALE.has(word) ? 'm' : null
}

/** As it is but trimmed: the same text must come from every channel, and case may be part of it. */
export const externalId = (sent: string): string | null => orNull(sent.trim())

const US_STATES = new Map(
  `alabama:al alaska:ak arizona:az arkansas:ar california:ca colorado:co connecticut:ct delaware:de districtofcolumbia:dc florida:fl
  georgia:ga hawaii:hi idaho:id illinois:il indiana:in iowa:ia kansas:ks kentucky:ky louisiana:la maine:me maryland:md
  massachusetts:ma michigan:mi minnesota:mn mississippi:ms missouri:mo montana:mt nebraska:ne nevada:nv newhampshire:nh
  newjersey:nj newmexico:nm newyork:ny northcarolina:nc northdakota:nd ohio:oh oklahoma:ok oregon:or pennsylvania:pa
  rhodeisland:ri southcarolina:sc southdakota:sd tennessee:tn texas:tx utah:ut vermont:vt virginia:va washington:wa
  westvirginia:wv wisconsin:wi wyoming:wy`
    .split(/\s+/)
    .map((pair) => pair.split(':') as [string, string]),
)
