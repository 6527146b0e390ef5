import fc from 'fast-check'
import { expect, test } from 'vitest'
import { assignSpread, assignTogether } from './assigner.ts'

const counts = fc.uniqueArray(fc.constantFrom('clicks', 'pending', 'postbacks', 'held'), { minLength: 1 })
const members = fc.uniqueArray(fc.stringMatching(/^[a-z]{1,3}-[0-9]{1,2}$/), { minLength: 1, maxLength: 7 })

test('joined topics: partition p lies with one member for every topic, the p-th in order of ids', () => {
  const shares = assignTogether(
    ['attribution-1', 'attribution-0'],
    new Map([
      ['clicks', 4],
      ['postbacks', 4],
    ]),
  )
  expect(shares.get('attribution-0')).toEqual(
    new Map([
      ['clicks', [0, 2]],
      ['postbacks', [0, 2]],
    ]),
  )
  expect(shares.get('attribution-1')?.get('clicks')).toEqual([1, 3])
})

test('joined topics of unequal size are refused', () => {
  const unequal = new Map([
    ['clicks', 12],
    ['postbacks', 6],
  ])
  expect(() => assignTogether(['a'], unequal)).toThrow(expect.objectContaining({ code: 'topic_mismatch' }))
})

test('topics of one partition do not all meet at one member', () => {
  const shares = assignSpread(
    ['a', 'b'],
    new Map([
      ['x', 1],
      ['y', 1],
    ]),
  )
  expect(shares.get('a')?.get('x')).toEqual([0])
  expect(shares.get('b')?.get('y')).toEqual([0])
})

test.each([
  { name: 'together', assign: assignTogether },
  { name: 'spread', assign: assignSpread },
])('$name: every partition has one owner, every member an entry, and order of members changes nothing', ({ assign }) =>
  fc.assert(
    fc.property(members, counts, fc.integer({ min: 1, max: 24 }), (ids, topics, partitions) => {
      const wanted = new Map(topics.map((topic) => [topic, partitions]))
      const shares = assign(ids, wanted)
      expect([...shares.keys()].sort()).toEqual([...ids].sort())
      for (const topic of topics) {
        const owned = [...shares.values()].flatMap((share) => share.get(topic) ?? [])
        expect(owned.sort((a, b) => a - b)).toEqual(Array.from({ length: partitions }, (_, p) => p))
      }
      expect(assign([...ids].reverse(), wanted)).toEqual(shares)
    }),
  ),
)
