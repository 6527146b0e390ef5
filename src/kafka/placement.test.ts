import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Candidate, place, type Unit } from './placement.ts'

const units = (count: number, topics: readonly string[] = ['']): Unit[] =>
  Array.from({ length: count }, (_, p) => topics.map((topic) => ({ key: `${topic}${p}`, topic }))).flat()
const member = (id: string, owned: readonly (string | number)[] = [], checkpoints: Readonly<Record<string, number>> = {}): Candidate => ({
  id,
  generation: 1,
  owned: new Set(owned.map(String)),
  checkpoints: new Map(Object.entries(checkpoints)),
})
const holdings = (shares: ReadonlyMap<string, readonly string[]>): Candidate[] => [...shares].map(([id, keys]) => member(id, keys))
/** Units that have another holder than before, those that had none left out. */
const moved = (before: readonly Candidate[], after: ReadonlyMap<string, readonly string[]>): number => {
  const holder = new Map([...after].flatMap(([id, keys]) => keys.map((key) => [key, id])))
  return before.flatMap(({ id, owned }) => [...owned].filter((key) => holder.get(key) !== id)).length
}

/** Members that know anything of the past: claims that contradict each other, and state of all ages. */
const past = fc
  .record({
    count: fc.integer({ min: 0, max: 24 }),
    ids: fc.uniqueArray(fc.stringMatching(/^[a-z]{1,2}-[0-9]{1,2}$/), { minLength: 1, maxLength: 7 }),
  })
  .chain(({ count, ids }) =>
    fc.record({
      units: fc.constant(units(count)),
      members: fc.tuple(
        ...ids.map((id) =>
          fc.record({
            id: fc.constant(id),
            generation: fc.integer({ min: 0, max: 3 }),
            owned: fc.uniqueArray(fc.nat(24), { maxLength: 24 }).map((list) => new Set(list.map(String))),
            checkpoints: fc
              .dictionary(fc.nat(23).map(String), fc.nat(100), { maxKeys: 24, noNullPrototype: true })
              .map((given) => new Map(Object.entries(given))),
          }),
        ),
      ),
    }),
  )

test('every unit has one holder, every member an entry, loads differ by one at most', () =>
  fc.assert(
    fc.property(past, ({ units: all, members }) => {
      const shares = place(all, members)
      expect([...shares.keys()].sort()).toEqual(members.map(({ id }) => id).sort())
      expect([...shares.values()].flat().sort()).toEqual(all.map(({ key }) => key).sort())
      const loads = [...shares.values()].map((share) => share.length)
      expect(Math.max(...loads) - Math.min(...loads)).toBeLessThanOrEqual(1)
    }),
  ))

test('the same members in another order get the same', () =>
  fc.assert(
    fc.property(
      past.chain(({ units: all, members }) =>
        fc.tuple(fc.constant(all), fc.constant(members), fc.shuffledSubarray(members, { minLength: members.length })),
      ),
      ([all, members, shuffled]) => {
        expect([...place(all, shuffled)].sort()).toEqual([...place(all, members)].sort())
      },
    ),
  ))

test('only what must move moves: as many units stay as a balanced placement can leave', () =>
  fc.assert(
    fc.property(past, ({ units: all, members }) => {
      // The word of the latest generation counts, then the order of ids.
      const ranked = members.toSorted((a, b) => b.generation - a.generation || (a.id < b.id ? -1 : 1))
      const owner = new Map(all.map(({ key }) => [key, ranked.find(({ owned }) => owned.has(key))?.id]))
      const sizes = members.map(({ id }) => all.filter(({ key }) => owner.get(key) === id).length)
      const least = Math.floor(all.length / members.length)
      const most =
        sizes.reduce((sum, size) => sum + Math.min(size, least), 0) +
        Math.min(all.length % members.length, sizes.filter((size) => size > least).length)
      const stayed = [...place(all, members)].flatMap(([id, keys]) => keys.filter((key) => owner.get(key) === id)).length
      expect(stayed).toBe(most)
    }),
  ))

test('a member that joins takes its own share, and one that leaves gives away its own; nothing else moves', () =>
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 48 }), fc.integer({ min: 1, max: 6 }), (count, size) => {
      const all = units(count)
      const before = holdings(
        place(
          all,
          Array.from({ length: size }, (_, n) => member(`m-${n}`)),
        ),
      )
      const joined = place(all, [...before, member('new')])
      expect(moved(before, joined)).toBe(joined.get('new')?.length)
      const [gone, ...rest] = before
      if (gone === undefined || rest.length === 0) return
      expect(moved(rest, place(all, rest))).toBe(0)
    }),
  ))

test('when nobody owns anything, no unit lies with a staler member while the fresher one has the same load or less', () =>
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 24 }),
      fc.array(fc.tuple(fc.nat(99), fc.nat(99)), { minLength: 24, maxLength: 24 }),
      (count, known) => {
        const reach = (side: 0 | 1) => Object.fromEntries(known.slice(0, count).map((pair, p) => [p, pair[side]]))
        const shares = place(units(count), [member('a', [], reach(0)), member('b', [], reach(1))])
        const load = (id: string) => shares.get(id)?.length ?? 0
        for (const [id, other, side] of [['a', 'b', 0] as const, ['b', 'a', 1] as const]) {
          const stale = (shares.get(id) ?? []).filter((key) => (known[Number(key)]?.[side] ?? 0) < (known[Number(key)]?.[1 - side] ?? 0))
          // A full member's units are as fresh with it, or it has more than the other.
          if (stale.length > 0) expect(load(other)).toBeGreaterThanOrEqual(load(id))
        }
      },
    ),
  ))

test.each([
  {
    name: 'one unit goes to the furthest state',
    all: 1,
    members: [member('a', [], { 0: 5 }), member('b', [], { 0: 6 })],
    expected: { a: [], b: ['0'] },
  },
  {
    name: 'equal state: the first id',
    all: 1,
    members: [member('b', [], { 0: 5 }), member('a', [], { 0: 5 })],
    expected: { a: ['0'], b: [] },
  },
  {
    name: 'an owner keeps its unit, though the other has state',
    all: 2,
    members: [member('a', [0]), member('b', [1], { 0: 9 })],
    expected: { a: ['0'], b: ['1'] },
  },
  {
    name: 'of what must go, that goes which the newcomer has state of',
    all: 4,
    members: [member('a', [0, 1, 2, 3], { 0: 50, 1: 50, 2: 50, 3: 50 }), member('b', [], { 1: 40, 2: 10 })],
    expected: { a: ['0', '3'], b: ['1', '2'] },
  },
  {
    name: 'and of several the one it is nearest to',
    all: 3,
    members: [member('a', [0, 1, 2], { 0: 50, 1: 50, 2: 50 }), member('b', [], { 0: 10, 2: 45 })],
    expected: { a: ['0', '1'], b: ['2'] },
  },
  {
    name: 'a group that starts anew finds its state, and who has more of it gets what does not divide',
    all: 3,
    members: [member('a', [], { 1: 9 }), member('b', [], { 0: 9, 2: 9 })],
    expected: { a: ['1'], b: ['0', '2'] },
  },
])('$name', ({ all, members, expected }) => expect(Object.fromEntries(place(units(all), members))).toEqual(expected))

test('of two that claim a unit, the later word counts: the other was away at a rebalance', () => {
  const away = { ...member('a', [0, 1, 2, 3]), generation: 3 }
  const shares = place(units(4), [away, { ...member('b', [2, 3]), generation: 4 }])
  expect(Object.fromEntries(shares)).toEqual({ a: ['0', '1'], b: ['2', '3'] })
})

test('partitions of each topic are spread, not whole topics', () => {
  const all = units(3, ['x', 'y', 'z'])
  const shares = [...place(all, [member('a'), member('b'), member('c')]).values()]
  expect(shares.map((share) => new Set(share.map((key) => key[0])).size)).toEqual([3, 3, 3])
})
