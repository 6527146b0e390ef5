import { hash } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { HashedUser, USER_FORMS } from '../events/shapes.ts'
import { countryCode } from './countries.ts'
import { toE164 } from './phone.ts'
import { hashUser, USER_FIELDS } from './user-forms.ts'

const of = (text: string): string => hash('sha256', text, 'hex')

test('every field in every form', () => {
  const fields = {
    user_email: 'Jane.Roe+x@Gmail.com',
    user_phone: '(650) 555-1212',
    first_name: 'Dr. Mary-Ann',
    last_name: "O'Neil Jr.",
    city: 'Menlo Park',
    state: 'California',
    zip: '94025-1234',
    country: 'us',
    date_of_birth: '1997-02-16',
    gender: 'female',
    external_id: 'u-1',
  }
  const { user, problems } = hashUser(fields, 'US')
  expect(problems).toEqual([])
  expect(user).toEqual({
    email: of('jane.roe+x@gmail.com'),
    email_google: of('janeroe@gmail.com'),
    phone_digits: of('16505551212'),
    phone_e164: of('+16505551212'),
    first_name: of('drmaryann'),
    first_name_google: of('mary-ann'),
    last_name: of('oneiljr'),
    last_name_google: of("o'neil"),
    city: of('menlopark'),
    state: of('ca'),
    zip: of('94025'),
    country: of('us'),
    birth_date: of('19970216'),
    gender: of('f'),
    external_id: of('u-1'),
  })
  expect(Object.keys(user).sort()).toEqual([...USER_FORMS].sort())
})

test('absent and blank give nothing and are no problem', () => {
  expect(hashUser({ user_email: '', user_phone: '  ', first_name: null, city: undefined }, null)).toEqual({ user: {}, problems: [] })
})

test('64 hex digits pass lower-cased as every form of their field', () => {
  const given = of('jane@example.com')
  expect(hashUser({ user_email: given.toUpperCase() }, null)).toEqual({ user: { email: given, email_google: given }, problems: [] })
})

test('the hash of an empty text is dropped with a problem', () => {
  const { user, problems } = hashUser({ user_phone: of('') }, null)
  expect(user).toEqual({})
  expect(problems).toMatchObject([{ code: 'hash_of_nothing', param: 'user_phone' }])
})

test.each([
  [{ user_phone: '650 555 1212' }, null, 'phone_without_country'],
  [{ user_phone: '12' }, 'US', 'user_phone_unreadable'],
  [{ user_phone: 'call me' }, 'US', 'user_phone_unreadable'],
  [{ user_phone: '+1' }, null, 'user_phone_unreadable'],
  [{ user_email: 'nobody' }, null, 'user_email_unreadable'],
  [{ country: 'Atlantis' }, null, 'country_unreadable'],
  [{ gender: 'x' }, null, 'gender_unreadable'],
])('%j with default country %s is dropped with %s', (fields, defaultCountry, code) => {
  const { user, problems } = hashUser(fields, defaultCountry)
  expect(user).toEqual({})
  expect(problems.map((problem) => problem.code)).toEqual([code])
})

test.each([
  ['+49 (0) 30 123456', null, '+4930123456'],
  ['004930123456', null, '+4930123456'],
  ['030 123456', 'DE', '+4930123456'],
  ['1.650.555.1212', 'US', '+16505551212'],
  ['16505551212', 'US', '+16505551212'],
  ['447911123456', 'GB', '+447911123456'],
  ['6505551212', 'XX', null],
])('phone %s in %s is %s', (sent, country, expected) => {
  expect(toE164(sent, country)).toBe(expected)
})

test('the country codes are those of ISO 3166', () => {
  expect([countryCode('DEU'), countryCode('de'), countryCode('UK'), countryCode('South Korea')]).toEqual(['DE', 'DE', 'GB', 'KR'])
})

test('whatever is sent, the answer is hashes alone and no problem repeats a value', () =>
  fc.assert(
    fc.property(fc.constantFrom(...USER_FIELDS), fc.string({ minLength: 8 }), (field, sent) => {
      const { user, problems } = hashUser({ [field]: sent }, 'US')
      HashedUser.parse(user)
      for (const problem of problems) expect(JSON.stringify(problem)).not.toContain(sent.trim() || 'nothing was sent')
    }),
  ))
