import { hash } from 'node:crypto'
import type { Json } from '../../dialects/definition.ts'
import { withoutAddresses, withoutKeys } from './embedded.ts'
import { parseJson } from './json.ts'
import { parsePairs } from './params.ts'
import { isPersonName, isPrivateName, isSecretName, judged } from './private-name.ts'

const WHOLE_EMAIL = /^\s*[^\s@]{1,64}@[^\s@]{1,190}\.[A-Za-z]{2,24}\s*$/
const WHOLE_PHONE = /^\s*\+\d[\d ().-]{6,20}\d\s*$/
/** In the middle of text only what is surely one: the plus sign may be a blank of a query, and an order number is no phone. */
const PHONE = /(?<![\w+/=-])(?:\+|%2B)\d[\d ().-]{7,18}\d(?!\w)/gi
/** The shortest key of ours. */
const KEY_MIN = 26
const HASHED = /^[0-9a-f]{64}$/i
const URL_WITH_PARAMS = /^\s*[a-z][a-z0-9+.-]{1,20}:\/\/[^?#]*[?#]/i
const URL_START = /^\s*[a-z][a-z0-9+.-]{1,20}:\/\//i
const JSON_START = /^\s*[{[]/
const KEY_SIGN = /[._]/
const ESCAPED = /%[0-9a-f]{2}/i
const DECODED_MAX = 4
/** Nothing of what is looked for below can be in a text of these alone, if it is shorter than a key; most texts are so. */
const PLAIN = /^[\w.-]*$/
/** The same for a text of any length, since it lacks what every key has. */
const PLAIN_ID = /^[A-Za-z0-9-]*$/

/** SHA-256 of the trimmed, lower-case text; what already is one passes. */
export const privateHash = (text: string): string =>
  HASHED.test(text.trim()) ? text.trim().toLowerCase() : hash('sha256', text.trim().toLowerCase(), 'hex')

/** A parameter's text as it may be kept: user data hashed by the look of its name or of itself, addresses inside of other
 *  text masked, secrets left out. */
export function keepable(name: string, text: string): string {
  if (text === '') return text
  const { isSecret, isPrivate, isPerson } = judged(name)
  if (isSecret) return '[secret]'
  if (isPrivate || isPerson) return privateHash(text)
  return JSON_START.test(text) ? jsonWithoutPeople(name, text) : withoutPeople(text)
}

/** JSON inside of a string is read once more; what names nobody stays as it was written. `rounds` as in `lookedInto`. */
function jsonWithoutPeople(name: string, text: string, rounds = DECODED_MAX): string {
  const parsed = parseJson(text)
  if (parsed.kind === 'invalid') return maskedMembers(lookedInto(text, rounds))
  const kept = JSON.stringify(keepableJson(name, parsed.value))
  return kept === JSON.stringify(parsed.value) ? text : kept
}

/** Text of a field that should hold no user data: what is somebody's address or number as a whole is hashed, what lies inside
 *  of other text is masked, a URL is looked at parameter by parameter. Without any of it the text stays byte for byte. */
export function withoutPeople(text: string): string {
  return isNobodys(text) ? text : lookedInto(text, DECODED_MAX)
}
/** By its letters alone, so that it is kept as it is. */
export const isNobodys = (text: string): boolean => (text.length < KEY_MIN ? PLAIN : PLAIN_ID).test(text)

/** `rounds`: how often it may still be decoded. What trackers hand on is often encoded once more than it is decoded: where that
 *  hides somebody, the decoded text is kept, without them. */
function lookedInto(text: string, rounds: number): string {
  const keyless = text.length >= KEY_MIN && KEY_SIGN.test(text) ? withoutKeys(text) : text
  if (URL_WITH_PARAMS.test(keyless)) return urlWithoutPeople(keyless)
  if (rounds > 0 && ESCAPED.test(keyless) && !URL_START.test(keyless)) {
    const decoded = decodedOnce(keyless)
    const kept = JSON_START.test(decoded) ? jsonWithoutPeople('', decoded, rounds - 1) : lookedInto(decoded, rounds - 1)
    if (kept !== decoded) return kept
  }
  return masked(keyless)
}

/** Each run of escapes by itself: one that is no UTF-8 stays, and hides no other. */
const decodedOnce = (text: string): string =>
  text.replace(/(?:%[0-9a-f]{2})+/gi, (run) => {
    try {
      return decodeURIComponent(run)
    } catch {
      return run
    }
  })

function masked(text: string): string {
  const hasAt = text.includes('@') || text.includes('%40')
  if (hasAt && WHOLE_EMAIL.test(text)) return privateHash(text)
  const hasPlus = text.includes('+') || text.includes('%2')
  if (hasPlus && WHOLE_PHONE.test(text)) return privateHash(text)
  const mailless = hasAt ? withoutAddresses(text, '[email]') : text
  return hasPlus ? mailless.replace(PHONE, '[phone]') : mailless
}

/** The query and the fragment segment by segment: those that name nobody stay byte for byte. */
function urlWithoutPeople(url: string): string {
  const [beforeHash = '', ...fragments] = url.split('#')
  const at = beforeHash.indexOf('?')
  const path = masked(at === -1 ? beforeHash : beforeHash.slice(0, at))
  const query = at === -1 ? '' : `?${pairsWithoutPeople(beforeHash.slice(at + 1))}`
  return [`${path}${query}`, ...fragments.map(pairsWithoutPeople)].join('#')
}

function pairsWithoutPeople(query: string): string {
  return query
    .split('&')
    .map((segment) => {
      const [name = '', value = ''] = parsePairs(segment).pairs[0] ?? []
      const rawName = masked(segment.split('=')[0] ?? '')
      if (isSecretName(name)) return `${rawName}=[secret]`
      if (value !== '' && (isPrivateName(name) || isPersonName(name))) return `${rawName}=[private]`
      // An address or a number as a whole is masked here, not hashed: a URL is read by people.
      if (WHOLE_EMAIL.test(value)) return `${rawName}=[email]`
      if (WHOLE_PHONE.test(value) || (/^ \d/.test(value) && WHOLE_PHONE.test(value.replace(' ', '+')))) return `${rawName}=[phone]`
      const kept = keepable(name, value)
      return kept === value && rawName === segment.split('=')[0] ? masked(segment) : `${rawName}=${encodeURIComponent(kept)}`
    })
    .join('&')
}

/** The same for JSON, at every depth. `name` is the key it stands under. */
export function keepableJson(name: string, value: Json): Json {
  if (typeof value === 'string') return keepable(name, value)
  if (typeof value === 'number') return isPrivateName(name) ? privateHash(String(value)) : value
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((entry: Json) => keepableJson(name, entry))
  return Object.fromEntries(
    Object.entries(value).map(([key, entry]) => {
      // The `first` of a customer is a person's, and so is all that an address holds.
      const under = isPersonName(name) && !isPersonName(key) ? `${name}_${key}` : isPrivateName(name) && !isPrivateName(key) ? name : key
      return [withoutPeople(key), keepableJson(under, entry)]
    }),
  )
}

/** An id that is somebody's address is replaced by its hash as a whole, so that it still tells one from another. */
export const idWithoutPeople = (id: string): string => (withoutPeople(id) === id ? id : privateHash(id))

/** Text that is no JSON, form or XML any more, though it was meant to be: the value after every private name is masked, to the
 *  end of the text where it cannot be told where it ends. */
export function maskedMembers(text: string): string {
  let kept = ''
  let done = 0
  for (const member of text.matchAll(MEMBER)) {
    const [head, quoted, plain, tag] = member
    const from = member.index + head.length
    const name = quoted ?? plain ?? tag ?? ''
    if (from <= done || !(isPrivateName(name) || isPersonName(name) || isSecretName(name))) continue
    VALUE.lastIndex = from
    const value = VALUE.exec(text)?.[0] ?? ''
    kept += `${text.slice(done, from)}[private]`
    done = from + value.length
  }
  return kept + text.slice(done)
}
/** A name and what stands before its value: `"name":`, `name=`, `<name>`. */
const MEMBER =
  /["']([\w .-]{1,64})\\*["']\s*[:=]\s*|(?<![\w.-])([A-Za-z_][\w.-]{0,63})\s*[:=]\s*|<([A-Za-z_][\w.-]{0,63})(?:\s[^<>]{0,200})?>/g
/** A string with its quotes, escaped or not, else all up to what ends a value; of objects and lists the whole rest. */
const VALUE = /\\+"(?:(?!\\{1,8}")[\s\S])*(?:\\+")?|"(?:\\[\s\S]|[^"\\])*"?|'(?:\\[\s\S]|[^'\\])*'?|[{[][\s\S]*|[^&,;<}\]\n"']*/y
