import { expect, test } from 'vitest'
import { toE164 } from '../phone.ts'
import { sha256 } from '../sha256.ts'
import * as google from './normal.ts'

// Google's own table: https://github.com/googleads/data-manager-node/blob/main/util/test/formatter.test.ts
test.each([
  ['QuinnY@EXAMPLE.com', 'quinny@example.com'],
  ['user.name+NYC@Example.com', 'user.name+nyc@example.com'],
  ['jefferson.Loves.hiking@gmail.com', 'jeffersonloveshiking@gmail.com'],
  ['j.e.f..ferson.Loves.hiking@gmail.com', 'jeffersonloveshiking@gmail.com'],
  ['Cloudy.SanFrancisco+shopping@googlemail.com', 'cloudysanfrancisco@googlemail.com'],
  ['@example.com', null],
  ['quinn', null],
  ['+tag@gmail.com', null],
  ['a b@gmail.com', null],
])('email %s is %s', (sent, expected) => {
  expect(google.email(sent)).toBe(expected)
})

test.each([
  [' Alex   ', 'alex'],
  [' Mr. Alex   ', 'alex'],
  [' Dr. Alex   ', 'alex'],
  [' Alex Dr.', 'alex dr.'],
  [' Mralex   ', 'mralex'],
  [' Mr. ', null],
])('given name %s is %s', (sent, expected) => {
  expect(google.givenName(sent)).toBe(expected)
})

test.each([
  [' Quinn   ', 'quinn'],
  ['Quinn-Alex', 'quinn-alex'],
  [' Quinn, Jr.   ', 'quinn'],
  [' Quinn,Jr.   ', 'quinn'],
  [' Quinn Sr.  ', 'quinn'],
  ['quinn, jr. dds', 'quinn'],
  ['quinn, jr., dds', 'quinn'],
  ['Boardds', 'boardds'],
  ['lacparm', 'lacparm'],
  [',Jr.,DDS ', null],
  [', Jr. ', null],
])('family name %s is %s', (sent, expected) => {
  expect(google.familyName(sent)).toBe(expected)
})

test.each([
  ['us  ', 'US'],
  ['usa', null],
  ['u2', null],
])('region %s is %s', (sent, expected) => {
  expect(google.regionCode(sent)).toBe(expected)
})

test('postal codes are trimmed and stay plain', () => {
  expect(google.postalCode('  1229-076  ')).toBe('1229-076')
})

test.each([
  ['email', google.email('  ALEXZ@example.com   '), '509e933019bb285a134a9334b8bb679dff79d0ce023d529af4bd744d47b4fd8a'],
  ['phone', google.phone(toE164('1-800-555-0100   ', 'US') ?? ''), 'fb4f73a6ec5fdb7077d564cdd22c3554b43ce49168550c3b12c547b78c517b30'],
])('published hash of %s', (_, normal, hashed) => {
  expect(sha256(normal ?? '')).toBe(hashed)
})
