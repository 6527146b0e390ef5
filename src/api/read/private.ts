import { hash } from 'node:crypto'
import type { Json } from '../../dialects/definition.ts'

/** Names under which people put user data, whatever separates their words. */
const PRIVATE_NAME =
  /e-?mail|phone|mobile|msisdn|(?:first|last|full|sur|given|family|user|maiden)[_-]?name|birth|^dob$|address|street|passport|iban|ssn|^(?:em|ph|fn|ln|mail|tel|name)$/i
/** Addresses of machines, not of people, and names of things. */
const NOT_PRIVATE_NAME = /ip_?address|event|campaign|product|item/i
const SECRET_NAME = /(?:^|_)(?:token|ptoken|password|passwd|secret|api_?key|signature|authorization)$/i
const EMAIL = /[^\s"'<>@=&?,;:/]{1,64}(?:@|%40)[^\s"'<>@=&?,;:/]{1,190}\.[A-Za-z]{2,24}/g
const WHOLE_EMAIL = /^\s*[^\s@]{1,64}@[^\s@]{1,190}\.[A-Za-z]{2,24}\s*$/
const WHOLE_PHONE = /^\s*\+\d[\d ().-]{6,20}\d\s*$/
const DIGIT_RUN = /\+?\d(?:[\s().-]{0,3}\d){6,}/g
const HASHED = /^[0-9a-f]{64}$/i

/** SHA-256 of the trimmed, lower-case text; what already is one passes. */
export const privateHash = (text: string): string =>
  HASHED.test(text.trim()) ? text.trim().toLowerCase() : hash('sha256', text.trim().toLowerCase(), 'hex')

export const isPrivateName = (name: string): boolean => PRIVATE_NAME.test(name) && !NOT_PRIVATE_NAME.test(name)

/** A parameter's text as it may be kept: user data hashed by the look of its name or of itself, addresses inside of other
 *  text masked, secrets left out. */
export function keepable(name: string, text: string): string {
  if (text === '') return text
  if (SECRET_NAME.test(name)) return '[secret]'
  if (isPrivateName(name)) return privateHash(text)
  return withoutPeople(text)
}

/** Text of a field that should hold no user data. */
export function withoutPeople(text: string): string {
  if (text.includes('@') || text.includes('%40')) return WHOLE_EMAIL.test(text) ? privateHash(text) : text.replace(EMAIL, '[email]')
  return text.includes('+') && WHOLE_PHONE.test(text) ? privateHash(text) : text
}

/** The same for JSON, at every depth. `name` is the key it stands under. */
export function keepableJson(name: string, value: Json): Json {
  if (typeof value === 'string') return keepable(name, value)
  if (typeof value === 'number') return isPrivateName(name) ? privateHash(String(value)) : value
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((entry: Json) => keepableJson(name, entry))
  return Object.fromEntries(
    Object.entries(value).map(([key, entry]) => [
      withoutPeople(key),
      keepableJson(isPrivateName(name) && !isPrivateName(key) ? name : key, entry),
    ]),
  )
}

const EXCERPT_BYTES = 512

/** The beginning of what could not be parsed, and so cannot be hashed: addresses and runs of digits masked, at most 512 bytes. */
export function maskedExcerpt(text: string): string {
  // Cut late, so that an address on the border is masked before it is cut in two.
  const masked = text
    .slice(0, 4 * EXCERPT_BYTES)
    .replace(/[^\s"]+(?:@|%40)[^\s"]+/gi, '[email]')
    .replace(DIGIT_RUN, '[digits]')
  return Buffer.from(masked)
    .subarray(0, EXCERPT_BYTES)
    .toString()
    .replace(/\ufffd+$/, '')
}

/** An id that is somebody's address is replaced by its hash as a whole, so that it still tells one from another. */
export const idWithoutPeople = (id: string): string => (withoutPeople(id) === id ? id : privateHash(id))
