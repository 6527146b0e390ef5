import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Decimal } from '../events/shapes.ts'
import { readDecimal } from './numbers.ts'

test.each([
  ['12.34', '.', '12.34'],
  ['12,34', '.', '12.34'],
  ['.40', '.', '0.40'],
  [',40', '.', '0.40'],
  ['1 234,50', '.', '1234.50'],
  ['1.234,50', '.', '1234.50'],
  ['1,234.50', ',', '1234.50'],
  ['1,234,567.5', '.', '1234567.5'],
  ['1,234', '.', '1234'],
  ['1,234', ',', '1.234'],
  ['1.234', '.', '1.234'],
  ['1.234', ',', '1234'],
  ['1.234.567', '.', '1234567'],
  ["1'234.5", '.', '1234.5'],
  ['-5', '.', '-5'],
  ['+5', '.', '5'],
  ['0', '.', '0'],
  ['-0', '.', '0'],
  ['007', '.', '7'],
  ['12.', '.', '12'],
  ['0.1234567', '.', '0.123457'],
  ['9.9999999', '.', '10.000000'],
  ['', '.', undefined],
  ['.', '.', undefined],
  ['12.34.5', '.', undefined],
  ['1,2,3', '.', undefined],
  ['1.2,3.4', '.', undefined],
  ['1e5', '.', undefined],
  ['NaN', '.', undefined],
  ['Infinity', '.', undefined],
  ['12.34 USD', '.', undefined],
  ['1234567890123', '.', undefined],
] as const)('%s under %s is %s', (text, decimal, value) => {
  expect(readDecimal(text, decimal)).toBe(value)
})

test('whatever is read is a decimal text, and a plain decimal keeps its digits', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const read = readDecimal(text, '.')
      if (read !== undefined) expect(Decimal.safeParse(read).success).toBe(true)
    }),
  )
  fc.assert(
    fc.property(fc.nat(999_999), fc.nat(99), (units, cents) => {
      const text = `${units}.${String(cents).padStart(2, '0')}`
      expect(readDecimal(text, '.')).toBe(text)
    }),
  )
})
