import { countryCode } from '../../platforms/countries.ts'

/** Without the fields that were not sent. */
export const defined = <T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } =>
  // fields that were undefined are gone, so the type without undefined holds
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as { [K in keyof T]: Exclude<T[K], undefined> }

export const EVENT_EXPECTED = 'a standard event such as Purchase, or Custom_<name>'

/** True for an ISO 3166 alpha-2 code in upper case. */
export const isCountry = (code: string): boolean => /^[A-Z]{2}$/.test(code) && countryCode(code) === code
export const COUNTRY_EXPECTED = 'an ISO 3166 code of two letters, such as DE'
