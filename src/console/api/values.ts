import { countryCode } from '../../platforms/countries.ts'

/** Without the fields that were not sent. */
export const defined = <T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } =>
  // fields that were undefined are gone, so the type without undefined holds
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as { [K in keyof T]: Exclude<T[K], undefined> }

export const EVENT_EXPECTED = 'a standard event such as Purchase, or Custom_<name>'

/** True for an ISO 3166 alpha-2 code in upper case. */
export const isCountry = (code: string): boolean => /^[A-Z]{2}$/.test(code) && countryCode(code) === code
export const COUNTRY_EXPECTED = 'an ISO 3166 code of two letters, such as DE'

const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}([.,]\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})$/i

/** Epoch milliseconds of an ISO 8601 instant with its offset; undefined when it is none, or before 1970. A plus sign that a query
 *  turned into a blank still counts as one. */
export function instantMs(text: string): number | undefined {
  const instant = text.replace(/ (?=\d{2}:?\d{2}$)/, '+')
  if (!INSTANT.test(instant)) return undefined
  try {
    const ms = Temporal.Instant.from(instant).epochMilliseconds
    return ms < 0 ? undefined : ms
  } catch {
    return undefined
  }
}
