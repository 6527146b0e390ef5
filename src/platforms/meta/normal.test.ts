import { expect, test } from 'vitest'
import { toE164 } from '../phone.ts'
import { sha256 } from '../sha256.ts'
import * as meta from './normal.ts'

// The vectors Meta prints: https://developers.facebook.com/documentation/ads-commerce/conversions-api/parameters/customer-information-parameters
test.each([
  ['email', meta.email('John_Smith@gmail.com'), '62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f'],
  ['phone', meta.phone(toE164('(650)555-1212', 'US') ?? ''), 'e323ec626319ca94ee8bff2e4c87cf613be6ea19919ed1364124e16807ab3176'],
  ['accented name', meta.personName('Valéry'), '08e1996b5dd49e62a4b4c010d44e4345592a863bb9f8e3976219bac29417149c'],
  ['Korean name', meta.personName('정'), '8fa8cd9c440be61d0151429310034083132b35975c4bea67fdd74158eb51db14'],
  ['birth date', meta.birthDate('2/16/1997'), '01acdbf6ec7b4f478a225f1a246e5d6767eeab1a7ffa17f025265b5b94f40f0c'],
  ['country', meta.country('United States'), '79adb2a2fce5c6ba215fe5f27f532d4e7edbac4b6a5e09e1ef3a08084a904621'],
])('published vector of %s', (_, normal, hashed) => {
  expect(sha256(normal ?? '')).toBe(hashed)
})

test.each([
  ['trims and lowers, keeps dots and tag', meta.email, ' John.Smith+Ads@Gmail.com ', 'john.smith+ads@gmail.com'],
  ['no at sign', meta.email, 'john', null],
  ['a blank inside', meta.email, 'john smith@gmail.com', null],
  ['an unreplaced macro', meta.email, '{user_email}', null],
  ['apostrophe', meta.personName, "O'Brien", 'obrien'],
  ['curly apostrophe', meta.personName, 'O’Brien', 'obrien'],
  ['hyphen', meta.personName, 'Jean-Luc', 'jeanluc'],
  ['blanks', meta.personName, 'van der Berg', 'vanderberg'],
  ['decomposed accent is the composed one', meta.personName, 'Vale\u0301ry', 'valéry'],
  ['punctuation alone', meta.personName, '-.', null],
  ['city', meta.city, 'New York', 'newyork'],
  ['accented city', meta.city, 'São Paulo', 'sãopaulo'],
  ['city with a dot', meta.city, 'St. Louis', 'stlouis'],
  ['country code', meta.country, 'US', 'us'],
  ['alpha-3', meta.country, 'usa', 'us'],
  ['name', meta.country, 'Germany', 'de'],
  ['no country', meta.country, 'XX', null],
  ['ISO date', meta.birthDate, '1997-02-16', '19970216'],
  ['ISO date and time', meta.birthDate, '1997-02-16T00:00:00Z', '19970216'],
  ['digits', meta.birthDate, '19970216', '19970216'],
  ['dots, day first', meta.birthDate, '16.2.1997', '19970216'],
  ['slashes that can only be day first', meta.birthDate, '16/2/1997', '19970216'],
  ['30 February', meta.birthDate, '1997-02-30', null],
  ['two-digit year', meta.birthDate, '2/16/97', null],
  ['female', meta.gender, 'Female', 'f'],
  ['male', meta.gender, 'm', 'm'],
  ['a third word', meta.gender, 'x', null],
  ['external id', meta.externalId, ' User-7 ', 'User-7'],
])('%s', (_, normal, sent, expected) => {
  expect(normal(sent)).toBe(expected)
})

test.each([
  ['California', null, 'ca'],
  ['CA', 'US', 'ca'],
  ['New York', 'US', 'ny'],
  ['Georgia', 'GE', 'georgia'],
  ['Île-de-France', 'FR', 'îledefrance'],
])('state %s in %s is %s', (sent, country, expected) => {
  expect(meta.state(sent, country)).toBe(expected)
})

test.each([
  ['94035', 'US', '94035'],
  ['94035-1234', 'US', '94035'],
  ['940351234', 'US', '94035'],
  ['94035-1234', null, '94035'],
  ['M1 1AE', 'GB', 'm11ae'],
  ['1229-076', 'PT', '1229076'],
  [' - ', null, null],
])('zip %s in %s is %s', (sent, country, expected) => {
  expect(meta.zip(sent, country)).toBe(expected)
})
