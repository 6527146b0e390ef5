import { byName } from './by-name.ts'

/** Spelled together these name people in any context, so that `event_phone` is one and `iphone_email` too. */
const SURE =
  /email|phone|mobile|msisdn|whatsapp|passport|birth|street|(?:first|last|full|middle|sur|given|family|user|maiden|nick)name|(?:person|cardhold|addresse|consigne|payer)/
const SURE_WORDS = new Set(
  'mail tel cell dob iban ssn fname lname mname contact buyer recipient shopper zip zipcode postcode postal gender viber telegram skype'.split(
    ' ',
  ),
)
const WHOLE = new Set('em ph fn ln name city'.split(' '))
/** Whose `name`, `first` or `last` is a person's. */
const PEOPLE = new Set(
  (
    'customer client person owner holder guest patient member student lead sender receiver user account billing bill shipping ship ' +
    'delivery deliver payment card passenger traveler traveller driver agent manager employee'
  ).split(' '),
)
/** Alone they hold who it is, as text; as objects they hold anything. */
const PEOPLE_ALONE = new Set('customer client person owner guest patient passenger sender receiver'.split(' '))
const NAME_PARTS = new Set('name first last middle'.split(' '))
/** Where people live. */
const PLACES = new Set('city town region province county'.split(' '))
/** A `shipping_state` may be how far a parcel is; it is as often where it goes. */
const STATE_OF = new Set('customer client user billing bill shipping ship'.split(' '))
/** Things have names too. */
const THINGS = new Set('event campaign product item offer plan file domain host method type ad adset adgroup'.split(' '))
/** What is said of a person by these names nobody. */
const NEUTRAL = new Set('id ids type status count tier group segment score ltv source page form reason language currency'.split(' '))

/** The lower-case words of a name, whatever separates them: `customerName`, `Customer-Name`, `customer_name`. */
const wordsOf = (name: string): string[] =>
  name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '')

/** Names of what must never be written at all. */
const SECRET = /(?:^|_)(?:token|ptoken|password|passwd|secret|api_?key|signature|authorization)$/i

export type Judged = {
  /** Whether a secret stands under the name. */
  readonly isSecret: boolean
  /** Whether user data is commonly put under it. A word of people counts whatever stands beside it, but a `name` may be a thing's. */
  readonly isPrivate: boolean
  /** A name such as `customer`, which as text is somebody and as an object holds what is said of them. */
  readonly isPerson: boolean
}

/** What a name says of what stands under it. */
export const judged = byName((name): Judged => {
  const words = wordsOf(name)
  return { isSecret: SECRET.test(name), isPrivate: judge(words), isPerson: words.length === 1 && PEOPLE_ALONE.has(words[0] ?? '') }
})

export const isPrivateName = (name: string): boolean => judged(name).isPrivate
export const isPersonName = (name: string): boolean => judged(name).isPerson
export const isSecretName = (name: string): boolean => judged(name).isSecret

function judge(words: readonly string[]): boolean {
  const last = words.at(-1) ?? ''
  const joined = words.join('')
  if (/email|phone|msisdn|whatsapp/.test(joined)) return true
  if (words.length > 1 && NEUTRAL.has(last)) return false
  if (SURE.test(joined) || words.some((word) => SURE_WORDS.has(word))) return true
  if (words.length === 1 && WHOLE.has(last)) return true
  if (/addr(?:ess)?\d?$/.test(joined)) return !/(?:ip|mac|wallet)v?[46]?addr/.test(joined)
  const isOfPeople = words.some((word) => PEOPLE.has(word)) && !words.some((word) => THINGS.has(word))
  if (last === 'state') return words.some((word) => STATE_OF.has(word))
  return isOfPeople && (NAME_PARTS.has(last) || PLACES.has(last) || (words.length > 1 && last === 'to'))
}
