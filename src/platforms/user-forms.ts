import type { HashedUser, Problem, UserForm } from '../events/shapes.ts'
import { countryCode } from './countries.ts'
import * as google from './google/normal.ts'
import * as meta from './meta/normal.ts'
import { toE164 } from './phone.ts'
import { asHash, isHashOfNothing, sha256 } from './sha256.ts'

/** Parameters of the contract that carry personal data in clear; none of them travels further than here. */
export const USER_FIELDS = [
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
export type UserField = (typeof USER_FIELDS)[number]
export type UserFields = { readonly [Field in UserField]?: string | null | undefined }

type Forms = { readonly [Form in UserForm]?: string | null }
type Context = { readonly country: string | null; readonly defaultCountry: string | null }

/** Every form a platform needs of one field, in its platform's spelling. All null: the value cannot be read. */
const FORMS: { readonly [Field in UserField]: { readonly forms: readonly UserForm[]; read(sent: string, context: Context): Forms } } = {
  user_email: { forms: ['email', 'email_google'], read: (sent) => ({ email: meta.email(sent), email_google: google.email(sent) }) },
  user_phone: {
    forms: ['phone_digits', 'phone_e164'],
    read(sent, { defaultCountry }) {
      const e164 = toE164(sent, defaultCountry)
      return e164 === null ? {} : { phone_digits: meta.phone(e164), phone_e164: google.phone(e164) }
    },
  },
  first_name: {
    forms: ['first_name', 'first_name_google'],
    read: (sent) => ({ first_name: meta.personName(sent), first_name_google: google.givenName(sent) }),
  },
  last_name: {
    forms: ['last_name', 'last_name_google'],
    read: (sent) => ({ last_name: meta.personName(sent), last_name_google: google.familyName(sent) }),
  },
  city: { forms: ['city'], read: (sent) => ({ city: meta.city(sent) }) },
  state: { forms: ['state'], read: (sent, { country }) => ({ state: meta.state(sent, country) }) },
  zip: { forms: ['zip'], read: (sent, { country }) => ({ zip: meta.zip(sent, country) }) },
  country: { forms: ['country'], read: (sent) => ({ country: meta.country(sent) }) },
  date_of_birth: { forms: ['birth_date'], read: (sent) => ({ birth_date: meta.birthDate(sent) }) },
  gender: { forms: ['gender'], read: (sent) => ({ gender: meta.gender(sent) }) },
  external_id: { forms: ['external_id'], read: (sent) => ({ external_id: meta.externalId(sent) }) },
}

/** Normalises and hashes personal data in every form that some platform needs. What is absent or blank gives nothing; what
 *  cannot be read is dropped and told as a problem, which never repeats the value. What already is 64 hex digits stands for
 *  every form of its field, since nobody can tell which one was hashed. `defaultCountry` (ISO 3166 alpha-2): the source's,
 *  for phone numbers without a country code; null: such a phone is dropped. */
export function hashUser(fields: UserFields, defaultCountry: string | null): { user: HashedUser; problems: Problem[] } {
  const user: HashedUser = {}
  const problems: Problem[] = []
  const context = { country: fields.country ? countryCode(fields.country) : null, defaultCountry }
  for (const field of USER_FIELDS) {
    const sent = fields[field]?.trim()
    if (!sent) continue
    const given = asHash(sent)
    if (given !== undefined) {
      if (isHashOfNothing(given)) problems.push(hashOfNothing(field))
      else for (const form of FORMS[field].forms) user[form] = given
      continue
    }
    const forms = FORMS[field].read(sent, context)
    for (const form of FORMS[field].forms) {
      const text = forms[form]
      if (text) user[form] = sha256(text)
    }
    if (!FORMS[field].forms.some((form) => user[form] !== undefined)) problems.push(unreadable(field, sent, defaultCountry))
  }
  return { user, problems }
}

const FIXES: Readonly<Record<UserField, string>> = {
  user_email: 'Send one address such as name@example.com.',
  user_phone: 'Send it with its country code, such as +16505551212 (in a URL the plus sign is %2B).',
  first_name: 'Send letters.',
  last_name: 'Send letters.',
  city: 'Send letters.',
  state: 'Send letters, in the US the two of the state.',
  zip: 'Send letters or digits.',
  country: 'Send the two letters of ISO 3166, such as US.',
  date_of_birth: 'Send YYYY-MM-DD.',
  gender: 'Send f or m.',
  external_id: 'Send your own id of the person.',
}

function unreadable(field: UserField, sent: string, defaultCountry: string | null): Problem {
  if (field === 'user_phone' && defaultCountry === null && !/^(\+|00)/.test(sent)) {
    return {
      code: 'phone_without_country',
      param: field,
      message: 'The phone number has no country code and the source has no default country, so it was left out.',
      fix: 'Send it as +16505551212 (in a URL the plus sign is %2B), or set the default country of the source.',
    }
  }
  return { code: `${field}_unreadable`, param: field, message: `${field} could not be read, so it was left out.`, fix: FIXES[field] }
}

const hashOfNothing = (field: UserField): Problem => ({
  code: 'hash_of_nothing',
  param: field,
  message: `${field} is the SHA-256 of an empty text, so it was left out.`,
  fix: 'Leave a field out when there is no value to hash.',
})
