import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createHashIndex } from './hash-index.ts'
import { ENTRY_WORDS } from './run.ts'

type Entry = readonly [low: number, high: number, segment: number, offset: number]
const WORD = fc.nat({ max: 0xffffffff })

const entriesOf = (words: Uint32Array): Entry[] =>
  Array.from({ length: words.length / ENTRY_WORDS }, (_, n) => [...words.subarray(n * ENTRY_WORDS, (n + 1) * ENTRY_WORDS)] as never)
const text = (entries: readonly Entry[]): string[] => entries.map((entry) => entry.join(' ')).toSorted()

function sorted(entries: readonly Entry[]): Entry[] {
  const index = createHashIndex()
  for (const entry of entries) index.add(...entry)
  return entriesOf(index.sorted())
}

/** Nothing is lost, nothing is made up, and what is searched by halves lies in order. */
function expectSorted(entries: readonly Entry[]): void {
  const found = sorted(entries)
  expect(text(found)).toEqual(text(entries))
  const lows = found.map(([low]) => low)
  expect(lows).toEqual(lows.toSorted((a, b) => a - b))
}

test('all entries come in the order of their hash, however the hashes lie', () => {
  const low = fc.oneof(WORD, fc.constantFrom(0, 1, 7, 0x7fffffff, 0x80000000, 0xffffffff), fc.nat({ max: 3 }))
  const entry = fc.tuple(low, WORD, fc.integer({ min: 1, max: 0xffffffff }), WORD)
  fc.assert(fc.property(fc.array(entry, { maxLength: 300 }), expectSorted), { numRuns: 300 })
})

test.each([0, 1, 2, 3, 4, 63, 64, 65, 1_023, 1_024, 1_025, 5_000])('the buckets of %i entries hold them all', (count) => {
  expectSorted(Array.from({ length: count }, (_, n) => [Math.imul(n + 1, 0x9e3779b1) >>> 0, n, 1, n]))
})

test.each([
  { name: 'all of them', counts: () => true, left: 3_000 },
  { name: 'those of segments that are there', counts: (segment: number) => segment !== 2, left: 2_000 },
  { name: 'none', counts: () => false, left: 0 },
])('what was in memory is found again, and more can be added: $name', ({ counts, left }) => {
  const lowOf = (n: number): number => Math.imul(n + 1, 0x9e3779b1) >>> 0
  const before = createHashIndex()
  for (let n = 0; n < 3_000; n++) before.add(lowOf(n), n, 1 + (n % 3), n)
  const words = Uint32Array.from(before.parts().flatMap((part) => [...part]))
  const after = createHashIndex()
  after.restore(words, counts)
  expect(after.size).toBe(left)
  for (let n = 0; n < 3_000; n++) {
    const slot = after.slotOf(lowOf(n), n, -1)
    expect(slot >= 0 && [after.segment(slot), after.offset(slot)]).toEqual(counts(1 + (n % 3)) && [1 + (n % 3), n])
  }
  for (let n = 3_000; n < 9_000; n++) after.add(lowOf(n), n, 1, n)
  expect(after.size).toBe(left + 6_000)
  for (let n = 3_000; n < 9_000; n++) expect(after.slotOf(lowOf(n), n, -1)).toBeGreaterThanOrEqual(0)
})
