import { expect, test } from 'vitest'
import { textHash } from './text-hash.ts'

/** By mmh3 for Python, `hash_bytes(text, seed=0, x64arch=False)`. */
test.each([
  ['', '00000000000000000000000000000000'],
  ['a', '3c9394a71bb056551bb056551bb05655'],
  ['ab', 'df5184151030be251030be251030be25'],
  ['abc', 'd1c6cd75a506b0a2a506b0a2a506b0a2'],
  ['w1:default:bmarkc00', '9d596eb8df5db020be773d16e0444f39'],
  ['The quick brown fox jumps over the lazy dog', 'c383152f672ceeec6cf67b5d2c1de9e5'],
  ['é€😀'.repeat(5), 'df10b7ae1c954bcff90210c410452832'],
  ['x'.repeat(15), 'b543fa825b401c7893338d541b879d15'],
  ['x'.repeat(16), '3de04b70dadd9287c0be2b0745c8779e'],
  ['x'.repeat(17), '6c08a9f6d6a33f39464e828ad9cbd876'],
])('%s', (text, hex) => {
  const bytes = Buffer.alloc(16)
  for (const [i, word] of textHash(text).entries()) bytes.writeUInt32LE(word, i * 4)
  expect(bytes.toString('hex')).toBe(hex)
})

test('a text longer than all before it has room', () => {
  const long = 'é'.repeat(100_000)
  expect([...textHash(long)]).toEqual([...textHash(long)])
  expect(textHash(`${long}a`)[0]).not.toBe(textHash(`${long}b`)[0])
})
