import { expect, test } from 'vitest'
import { type Json, UNKNOWN_SOURCE } from './definition.ts'
import { interpret } from './interpret.ts'

const NOW = Date.UTC(2026, 10, 1)
const read = (params: Record<string, Json>, rules: Partial<typeof UNKNOWN_SOURCE> = {}) =>
  interpret(new Map(Object.entries({ event: 'Purchase', click_id: 'c', currency: 'EUR', ...params })), { ...UNKNOWN_SOURCE, ...rules }, NOW)

test.each([
  // sent, by the tracker's rule (a point), by a source with a comma, by a source with a point
  ['12,34', '12.34', '12.34', '12.34'],
  ['12.34', '12.34', '12.34', '12.34'],
  ['.40', '0.40', '0.40', '0.40'],
  [',40', '0.40', '0.40', '0.40'],
  ['1 234,50', '1234.50', '1234.50', '1234.50'],
  ['1.234,50', '1234.50', '1234.50', '1234.50'],
  ['1,234.50', '1234.50', '1234.50', '1234.50'],
  ['1.234', '1.234', '1234', '1.234'],
  ['1,234', '1234', '1.234', '1234'],
  ['1.234.567', '1234567', '1234567', '1234567'],
  ["1'234,5", '1234.5', '1234.5', '1234.5'],
] as const)('%s is %s as the tracker writes, %s where the source writes a comma, %s where it writes a point', (sent, own, comma, point) => {
  expect(read({ value: sent }).reading.value).toBe(own)
  expect(read({ value: sent }, { decimal: ',' }).reading.value).toBe(comma)
  expect(read({ value: sent }, { decimal: '.' }).reading.value).toBe(point)
})

test('a number of JSON has a point, whatever the source writes, and items follow its texts', () => {
  expect(read({ value: 1.234 }, { decimal: ',' }).reading.value).toBe('1.234')
  expect(read({ items: [{ id: 'a', price: '1.234' }] }, { decimal: ',' }).reading.items[0]?.price).toBe('1234')
})

test.each([
  ['345', '3.45'],
  ['5', '0.05'],
  ['-120', '-1.20'],
  ['0', '0.00'],
  ['100000', '1000.00'],
])('%s hundredths are %s', (sent, value) => {
  expect(read({ revenue: sent }, { tracker: 'adjust' }).reading.value).toBe(value)
})

test('the same word means opposite things in two sources', () => {
  const one = read({ event: null, status: '1' }, { status_map: { '1': { event: 'Purchase', conversion_status: 'approved' } } })
  const other = read({ event: null, status: '1' }, { status_map: { '1': { event: 'Lead', conversion_status: 'rejected' } } })
  expect(one.reading).toMatchObject({ event: 'Purchase', conversion_status: 'approved' })
  expect(other.reading).toMatchObject({ event: 'Lead', conversion_status: 'rejected' })
})

test("the source's map comes before the tracker's words, and a side's word before the word of both", () => {
  const map = {
    '1': { event: 'Lead', conversion_status: null },
    'status:1': { event: null, conversion_status: 'hold' },
  } as const
  expect(read({ event: null, goal: '1', status: '1' }, { tracker: 'affise', status_map: map }).reading).toMatchObject({
    event: 'Lead',
    conversion_status: 'hold',
  })
})

test('the default currency of the source counts where there is a value and no currency', () => {
  const rules = { default_currency: 'GBP' }
  expect(read({ value: '5', currency: null }, rules).reading.currency).toBe('GBP')
  expect(read({ value: '5' }, rules).reading.currency).toBe('EUR')
  expect(read({ currency: null }, rules).reading.currency).toBe(null)
})

test('parts of the app fill what the object leaves open', () => {
  const params = { app: { id: 'com.example' }, platform: 'ios', app_id: 'other', os_version: '18' }
  expect(read(params, { tracker: 'appsflyer' }).reading.app).toMatchObject({ id: 'com.example', os: 'ios', os_version: '18' })
})

test('an object is no id: a click id is never made of one', () => {
  const { reading, findings, clickIdFault } = read({ click_id: { id: 'c' } as never, transaction_id: ['t'] as never })
  expect([reading.click_id, reading.transaction_id, clickIdFault]).toEqual([null, null, 'no_click_id'])
  expect(findings.map(({ code }) => code)).toEqual(['click_id_invalid', 'no_click_id', 'transaction_id_invalid'])
})
