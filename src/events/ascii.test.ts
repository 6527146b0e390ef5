import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isLatin1Of, writeUtf8, wroteAscii } from './ascii.ts'

const lone = fc.constantFrom('\ud800', '\udc00', 'a\udfff', '\udbffb')
const texts = fc.oneof(fc.string({ maxLength: 140 }), fc.string({ unit: 'binary', maxLength: 140 }), lone)

test('texts of any kind are written as Node writes them', () => {
  fc.assert(
    fc.property(texts, texts, (a, b) => {
      for (const text of [a, a + b, (a + b).slice(a.length)]) {
        const expected = Buffer.from(text)
        const into = Buffer.alloc(text.length * 3 + 1)
        expect(into.subarray(0, writeUtf8(into, text))).toEqual(expected)
        const isPlain = expected.length === text.length && expected.every((byte) => byte < 0x80)
        if (wroteAscii(into, 1, text)) expect([isPlain, into.subarray(1, 1 + text.length)]).toEqual([true, expected])
        else expect(isPlain && text.length <= 128).toBe(false)
        expect(isLatin1Of(text, expected, 0, expected.length)).toBe(isPlain)
        const latin1 = Buffer.from(text, 'latin1')
        expect(isLatin1Of(latin1.toString('latin1'), latin1, 0, latin1.length)).toBe(true)
        expect(isLatin1Of(`${text}x`, expected, 0, expected.length)).toBe(false)
      }
    }),
  )
})
