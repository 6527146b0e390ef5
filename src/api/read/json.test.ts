import fc from 'fast-check'
import { expect, test } from 'vitest'
import { JSON_DEPTH_MAX, parseJson } from './json.ts'

const nested = (levels: number): string => `${'['.repeat(levels)}${']'.repeat(levels)}`

test('32 levels are read, 33 are not', () => {
  expect(parseJson(nested(JSON_DEPTH_MAX))).toMatchObject({ kind: 'value' })
  expect(parseJson(nested(JSON_DEPTH_MAX + 1))).toEqual({ kind: 'invalid', why: 'too_deep' })
})

test('brackets inside of strings nest nothing', () => {
  expect(parseJson(JSON.stringify({ a: `"${'['.repeat(100)}\\` }))).toMatchObject({ kind: 'value', duplicateKeys: false })
})

test.each([
  ['{"id":9007199254740993}', { id: '9007199254740993' }],
  ['{"id":12345678901234567890}', { id: '12345678901234567890' }],
  ['{"v":12345678.12345678901}', { v: '12345678.12345678901' }],
  ['[1234567.5,{"v":123456789012345.25}]', [1234567.5, { v: 123456789012345.25 }]],
  ['{"v":1e400}', { v: '1e400' }],
  ['{"v":1E+2,"w":true,"x":"1e400"}', { v: 100, w: true, x: '1e400' }],
  ['{"v":1.5,"n":-0}', { v: 1.5, n: -0 }],
])('a number too big for a double keeps its digits: %s', (text, value) => {
  expect(parseJson(text)).toMatchObject({ kind: 'value', value })
})

test.each([
  ['{"lat":52.52000659999999,"value":1.250}', { value: 1.25 }],
  ['{"id":9007199254740993,"value":12.50}', { value: 12.5 }],
  ['{"id":"12345678901234567890","value":12.50}', { value: 12.5 }],
])('a-number-is-read-by-itself: %s', (text, value) => {
  expect(parseJson(text)).toMatchObject({ kind: 'value', value })
})

test('of duplicate keys the last wins, and they are told', () => {
  expect(parseJson('{"a":1,"a":2}')).toMatchObject({ value: { a: 2 }, duplicateKeys: true })
  expect(parseJson('[{"a":1},{"a":2}]')).toMatchObject({ duplicateKeys: false })
})

test('names of the prototype are dropped at every level', () => {
  const parsed = parseJson('{"a":{"__proto__":{"polluted":1}},"constructor":1}')
  expect(parsed).toMatchObject({ value: { a: {} }, refusedNames: ['__proto__', 'constructor'], duplicateKeys: false })
  expect(JSON.stringify(parsed)).not.toContain('polluted')
  expect(({} as { polluted?: number }).polluted).toBeUndefined()
})

test('what is no JSON is told, and JSON comes out as it went in', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(['value', 'invalid']).toContain(parseJson(text).kind)
    }),
  )
  fc.assert(
    fc.property(fc.json({ maxDepth: 5 }), (text) => {
      const parsed = parseJson(text)
      if (parsed.kind === 'value' && parsed.refusedNames.length === 0 && !/\d{16}|e/i.test(text))
        expect(parsed.value).toEqual(JSON.parse(text))
    }),
  )
})
