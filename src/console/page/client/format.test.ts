import { expect, test } from 'vitest'
import { TRACKERS } from '../../../events/words.ts'
import { money, nameOf, percent, pretty } from './format.ts'

test.each([
  { rate: 0.9, is: '90' },
  { rate: 0.9312, is: '93.1' },
  { rate: 0.9997, is: '99.9' },
  { rate: 0.89999, is: '89.9' },
  { rate: 1, is: '100' },
  { rate: 0, is: '0' },
  { rate: 0.29, is: '29' },
])('a rate of $rate is $is percent, never rounded up', ({ rate, is }) => {
  expect(percent(rate)).toBe(is)
})

test.each([
  { value: '1234567.5', currency: 'USD', is: '1,234,567.5 USD' },
  { value: '-5', currency: 'EUR', is: '−5 EUR' },
  { value: '0.0005', currency: null, is: '0.0005' },
  { value: null, currency: 'USD', is: '' },
])('money keeps its digits: $is', ({ value, currency, is }) => {
  expect(money(value, currency)).toBe(is)
})

test('what is no JSON stays as it came', () => {
  expect(pretty('{"a":1}')).toBe('{\n  "a": 1\n}')
  expect(pretty('<html>')).toBe('<html>')
})

test('every tracker has the name that it gives itself', () => {
  for (const tracker of TRACKERS) expect(nameOf(tracker)).not.toBe(tracker)
})
