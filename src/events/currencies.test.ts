import { expect, test } from 'vitest'
import { CURRENCIES, currencyCode } from './currencies.ts'

const units = new Map(CURRENCIES.map((one) => [one.code, one.minor_units]))

test.each([
  ['USD', 2],
  ['EUR', 2],
  ['GBP', 2],
  ['AFN', 2],
  ['ALL', 2],
  ['AMD', 2],
  ['COP', 2],
  ['CRC', 2],
  ['HUF', 2],
  ['IDR', 2],
  ['IRR', 2],
  ['KPW', 2],
  ['LAK', 2],
  ['LBP', 2],
  ['MGA', 2],
  ['MMK', 2],
  ['MRU', 2],
  ['PKR', 2],
  ['RSD', 2],
  ['SYP', 2],
  ['TZS', 2],
  ['UZS', 2],
  ['YER', 2],
  ['SLE', 2],
  ['VED', 2],
  ['XCG', 2],
  ['ZWG', 2],
  ['COU', 2],
  ['CHE', 2],
  ['CHW', 2],
  ['BOV', 2],
  ['MXV', 2],
  ['USN', 2],
  ['BHD', 3],
  ['IQD', 3],
  ['JOD', 3],
  ['KWD', 3],
  ['LYD', 3],
  ['OMR', 3],
  ['TND', 3],
  ['CLF', 4],
  ['UYW', 4],
  ['BIF', 0],
  ['CLP', 0],
  ['ISK', 0],
  ['JPY', 0],
  ['KRW', 0],
  ['PYG', 0],
  ['UGX', 0],
  ['UYI', 0],
  ['VND', 0],
  ['XAF', 0],
  ['XOF', 0],
  ['XPF', 0],
])('iso-4217: %s has %i decimals', (code, decimals) => {
  expect(units.get(code)).toBe(decimals)
})

test.each(['HRK', 'ZWL', 'ANG', 'BGN', 'CUC', 'SLL', 'VEF', 'MRO', 'STD', 'BYR', 'DEM', 'XAU', 'XXX', 'XTS', 'ABC', ''])(
  'iso-4217: %s is none one can be paid in',
  (code) => {
    expect(units.has(code)).toBe(false)
    expect(currencyCode(code)).toBeUndefined()
  },
)

test('iso-4217: every code is there once, in order, with a name of its own', () => {
  const codes = CURRENCIES.map((one) => one.code)
  expect(codes).toEqual([...new Set(codes)].sort())
  expect(codes.length).toBeGreaterThan(160)
  for (const { code, name } of CURRENCIES) expect(name.length > 3 && name !== code).toBe(true)
  expect(CURRENCIES).toContainEqual({ code: 'JPY', name: 'Japanese Yen', minor_units: 0 })
})

test('what was sent is trimmed and case-blind', () => {
  expect(currencyCode(' usd ')).toBe('USD')
})
