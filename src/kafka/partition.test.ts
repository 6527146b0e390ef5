import { createRequire } from 'node:module'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { foldClickId } from '../events/keys.ts'
import { textBytes } from '../events/text-bytes.ts'
import { joinPartitionOf, murmur2, partitionOf } from './partition.ts'

const stockMurmur2 = createRequire(import.meta.url)('kafkajs/src/producer/partitioners/default/murmur2.js') as (key: Buffer) => number

// https://github.com/apache/kafka/blob/trunk/clients/src/test/java/org/apache/kafka/common/utils/UtilsTest.java, testMurmur2
test.each([
  ['21', -973_932_308],
  ['foobar', -790_332_482],
  ['a-little-bit-long-string', -985_981_536],
  ['a-little-bit-longer-string', -1_486_304_829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58_897_971],
  ['abc', 479_470_107],
])('%s hashes as in Java', (text, hash) => {
  expect(murmur2(textBytes(text))).toBe(hash)
})

test('any text hashes as in kafkajs', () =>
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 90 }), (text) => {
      expect(murmur2(textBytes(text))).toBe(stockMurmur2(Buffer.from(text)) | 0)
    }),
    { numRuns: 2_000 },
  ))

test.each([
  { name: 'upper case', key: 'w1:c:ABC-Def' },
  { name: 'spaces around', key: 'w1:c:  abc-def ' },
  { name: 'as it is', key: 'w1:c:abc-def' },
])('spellings of one click id meet: $name', ({ key }) => {
  expect(joinPartitionOf(key, 12)).toBe(partitionOf('w1:c:abc-def', 12))
})

test('a click id is folded as ever: trimmed of every blank there is, ASCII lower case', () => {
  const fold = (id: string) => id.trim().replace(/[A-Z]/g, (letter) => letter.toLowerCase())
  const blank = fc.constantFrom('', ' ', '\t', '\v', '\f', '\r\n', '\u00a0', '\u1680', '\u2003', '\u2028', '\u3000', '\ufeff', '\x7f', '\0')
  const id = fc.tuple(blank, fc.oneof(fc.string({ maxLength: 12 }), fc.string({ unit: 'binary', maxLength: 5 })), blank)
  fc.assert(
    fc.property(id, (parts) => {
      expect(foldClickId(parts.join(''))).toBe(fold(parts.join('')))
    }),
    { numRuns: 2_000 },
  )
})

test.each(['w1:tx:ABC', 'w1:pb:ABC'])('%s is not folded', (key) => {
  expect(joinPartitionOf(key, 1_009)).toBe(partitionOf(key, 1_009))
  expect(joinPartitionOf(key, 1_009)).not.toBe(joinPartitionOf(key.toLowerCase(), 1_009))
})

test('only ASCII letters fold, and the workspace does not', () => {
  expect(joinPartitionOf('w1:c:ÄB', 1_009)).toBe(partitionOf('w1:c:Äb', 1_009))
  expect(joinPartitionOf('W1:c:ab', 1_009)).toBe(partitionOf('W1:c:ab', 1_009))
})

test('a partition is one of them', () =>
  fc.assert(
    fc.property(fc.string(), fc.integer({ min: 1, max: 96 }), (key, partitions) => {
      const partition = joinPartitionOf(key, partitions)
      expect(partition).toBeGreaterThanOrEqual(0)
      expect(partition).toBeLessThan(partitions)
    }),
  ))
