import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parsePairs } from './params.ts'

test.each([
  [
    'a=1&b=2',
    [
      ['a', '1'],
      ['b', '2'],
    ],
    false,
  ],
  ['a=x%20y+z', [['a', 'x y z']], false],
  ['a=%2527', [['a', '%27']], false],
  ['a', [['a', '']], false],
  ['a=b=c', [['a', 'b=c']], false],
  ['&&a=1&', [['a', '1']], false],
  ['a=100%', [['a', '100%']], false],
  ['a=%ad%', [['a', '%ad%']], false],
  ['a=%%SUB%%', [['a', '%%SUB%%']], false],
  ['a=%C3%A9', [['a', 'é']], false],
  ['a=Ã©', [['a', 'é']], false],
  ['a=%FF', [['a', '\ufffd']], true],
  ['a=%C3%28', [['a', '\ufffd(']], true],
  ['a=%zz%C3%A9', [['a', '%zzé']], false],
  ['a=%7Bclick_id%7D', [['a', '{click_id}']], false],
] as const)('%s', (text, pairs, invalidUtf8) => {
  expect(parsePairs(text)).toEqual({ pairs, invalidUtf8 })
})

test('whatever a well-behaved sender encodes comes out as it went in', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.string({ unit: 'grapheme', minLength: 1 }), fc.string({ unit: 'grapheme' }))), (sent) => {
      const text = sent.map((pair) => pair.map(encodeURIComponent).join('=')).join('&')
      expect(parsePairs(text).pairs).toEqual(sent)
    }),
  )
})

test('no text makes it throw', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(Array.isArray(parsePairs(text).pairs)).toBe(true)
    }),
  )
}, 30_000)
