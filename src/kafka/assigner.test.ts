import fc from 'fast-check'
import type { Cluster } from 'kafkajs'
import { expect, test } from 'vitest'
import { assign, createAssigner, type Holding } from './assigner.ts'
import { AssignerProtocol } from './client.ts'

const NOTHING: Holding = { generation: -1, assignment: new Map(), checkpoints: new Map() }
const newcomer = (id: string) => ({ id, generation: -1, owned: new Set<string>(), checkpoints: new Map<string, number>() })

test('joined topics: partition p of every topic lies with one member', () =>
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 24 }), fc.integer({ min: 1, max: 7 }), (partitions, size) => {
      const counts = new Map(['clicks', 'pending', 'postbacks'].map((topic) => [topic, partitions]))
      const members = Array.from({ length: size }, (_, n) => newcomer(`m-${n}`))
      for (const share of assign(members, counts, true).values()) {
        expect([...share.keys()]).toEqual(['clicks', 'pending', 'postbacks'])
        expect(new Set([...share.values()].map(String)).size).toBe(1)
      }
    }),
  ))

test('topics of any size: every partition has one owner, and no member more than one above another', () =>
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 5 }),
      fc.integer({ min: 1, max: 7 }),
      (sizes, size) => {
        const counts = new Map(sizes.map((count, n) => [`t/${n}`, count]))
        const shares = assign(
          Array.from({ length: size }, (_, n) => newcomer(`m-${n}`)),
          counts,
          false,
        )
        for (const [topic, count] of counts) {
          const owned = [...shares.values()].flatMap((share) => share.get(topic) ?? [])
          expect(owned.sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, p) => p))
        }
        const loads = [...shares.values()].map((share) => [...share.values()].flat().length)
        expect(Math.max(...loads) - Math.min(...loads)).toBeLessThanOrEqual(1)
      },
    ),
  ))

test('joined topics of unequal size are refused', () => {
  const unequal = new Map([
    ['clicks', 12],
    ['postbacks', 6],
  ])
  expect(() => assign([newcomer('a')], unequal, true)).toThrow(expect.objectContaining({ code: 'topic_mismatch' }))
})

/** One round of the protocol: what each member sends, and what the leader answers each. */
async function round(partitions: number, members: Readonly<Record<string, Holding | Buffer>>): Promise<Record<string, readonly number[]>> {
  const topics = ['clicks', 'postbacks']
  const cluster = { findTopicPartitionMetadata: () => Array.from({ length: partitions }, (_, partitionId) => ({ partitionId })) }
  const assignerOf = (id: string, holding: Holding) =>
    createAssigner({ instanceId: id, coPartitioned: true, holding: () => holding })({
      cluster: cluster as unknown as Cluster,
      groupId: 'g',
      logger: undefined as never,
    })
  const joined = Object.entries(members).map(([id, said]) => ({
    memberId: `${id}-broker-given`,
    memberMetadata: Buffer.isBuffer(said) ? said : assignerOf(id, said).protocol({ topics }).metadata,
  }))
  const answers = await assignerOf('leader', NOTHING).assign({ members: joined, topics })
  return Object.fromEntries(
    answers.map(({ memberId, memberAssignment }) => [
      memberId.replace('-broker-given', ''),
      AssignerProtocol.MemberAssignment.decode(memberAssignment)?.assignment.postbacks ?? [],
    ]),
  )
}
const holding = (generation: number, partitions: number[], checkpoints: Record<number, number> = {}): Holding => ({
  generation,
  assignment: new Map([
    ['clicks', partitions],
    ['postbacks', partitions],
  ]),
  checkpoints: new Map(Object.entries(checkpoints).map(([partition, offset]) => [Number(partition), offset])),
})

test('what members hold travels with their join, also to a leader that has just started', async () => {
  expect(await round(4, { a: holding(7, [0, 3]), b: holding(7, [1, 2]) })).toEqual({ a: [0, 3], b: [1, 2] })
  expect(await round(4, { a: NOTHING, b: holding(7, [1, 2]) })).toEqual({ a: [0, 3], b: [1, 2] })
  expect(await round(2, { a: holding(-1, [], { 0: 5, 1: 9 }), b: holding(-1, [], { 0: 9, 1: 5 }) })).toEqual({ a: [1], b: [0] })
})

const metadata = (userData: Buffer): Buffer =>
  AssignerProtocol.MemberMetadata.encode({ version: 1, topics: ['clicks', 'postbacks'], userData })
test.each([
  { name: 'only its name, as before', said: metadata(Buffer.from('a')) },
  { name: 'nothing', said: metadata(Buffer.alloc(0)) },
  { name: 'what no release says', said: metadata(Buffer.from('{"v":9,"owned":["0","1","2","3"]}')) },
  { name: 'no metadata at all', said: Buffer.from([0]) },
])('a member that says $name owns nothing and gets its share', async ({ said }) => {
  expect(await round(4, { a: said, b: holding(7, [0, 1, 2, 3]) })).toEqual({ a: [2, 3], b: [0, 1] })
})

test('two members under one name never get the same partitions', async () => {
  const twin = metadata(Buffer.from('same'))
  const shares = await round(4, { a: twin, b: twin })
  expect(Object.values(shares).flat().toSorted()).toEqual([0, 1, 2, 3])
})
