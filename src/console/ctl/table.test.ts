import { expect, test } from 'vitest'
import { fields, table } from './table.ts'

test.each([
  ['an escape sequence', '\u001b[2J\u001b]0;owned\u0007'],
  ['one of C1', '\u009b2J'],
  ['a line of its own', 'a\r\nreceived  forged'],
  ['a turned direction', 'x\u202egnp.exe'],
  ['an isolate', '\u2066\u2069\u200f'],
  ['a separator of lines', 'a\u2028b\u2029c'],
])('what-senders-write-is-text: %s stays in its cell', (_, text) => {
  for (const shown of [table([{ a: text, b: 'after' }], ['a', 'b']), fields({ a: text, b: { c: text } })]) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not come through
    expect(shown).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/)
    expect(shown.split('\n')).toHaveLength(2)
  }
})
