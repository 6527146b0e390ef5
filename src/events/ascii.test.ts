import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isAscii, writeText, wroteAscii } from './ascii.ts'

const texts = fc.oneof(fc.string({ maxLength: 140 }), fc.string({ unit: 'binary', maxLength: 140 }))

test('texts of any kind are written as Node writes them', () => {
  fc.assert(
    fc.property(texts, texts, (a, b) => {
      for (const text of [a, a + b, (a + b).slice(a.length)]) {
        const expected = Buffer.from(text)
        const into = Buffer.alloc(text.length * 3 + 1)
        expect(into.subarray(0, writeText(into, text))).toEqual(expected)
        const isPlain = expected.length === text.length && expected.every((byte) => byte < 0x80)
        if (wroteAscii(into, 1, text)) expect([isPlain, into.subarray(1, 1 + text.length)]).toEqual([true, expected])
        else expect(isPlain && text.length <= 128).toBe(false)
        expect(isAscii(text, expected, 0, expected.length)).toBe(isPlain)
        expect(isAscii(`${text}x`, expected, 0, expected.length)).toBe(false)
      }
    }),
  )
})
