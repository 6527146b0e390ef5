import { afterEach, beforeEach, expect, test } from 'vitest'
import '../client.ts'
import type { Pace } from '../pace.ts'
import { decodeDescribeTransactions, encodeDescribeTransactions } from './describe-transactions.ts'
import { enterGroup, type GroupEntry, groupEntry, type LiveGroup, rotate } from './groups.ts'
import { stock } from './modules.ts'
import { encodeOffsetFetch } from './offset-fetch.ts'
import { STATIC_REQUESTS } from './static-membership.ts'
import { encodeTxnOffsetCommit, inTheNameOf } from './txn-offset-commit.ts'

const hex = (encoder: unknown): string => (encoder as { buffer: Buffer }).buffer.toString('hex')
const compact = (text: string): string => (text.length + 1).toString(16).padStart(2, '0') + Buffer.from(text).toString('hex')

test('TxnOffsetCommit v3 says who commits', () => {
  const topics = inTheNameOf({ generationId: 7, memberId: 'm', instanceId: 'i' }, [
    { topic: 't', partitions: [{ partition: 2, offset: '77' }] },
  ])
  const request = { transactionalId: 'x', groupId: 'g', producerId: '9', producerEpoch: 4, topics }
  const partition = `${'00000002'}${'000000000000004d'}${'ffffffff'}${'00'}${'00'}`
  const member = `${'00000007'}${compact('m')}${compact('i')}`
  expect(hex(encodeTxnOffsetCommit(request))).toBe(
    `00${compact('x')}${compact('g')}${'0000000000000009'}${'0004'}${member}02${compact('t')}02${partition}00${'00'}`,
  )
})

test('offsets in nobody’s name are not sent', () => {
  const request = { transactionalId: 'x', groupId: 'g', producerId: '9', producerEpoch: 4, topics: [] }
  expect(() => encodeTxnOffsetCommit(request)).toThrow('in nobody’s name'.replace('’', "'"))
})

test('OffsetFetch v7 asks for stable offsets', () => {
  const request = { groupId: 'g', topics: [{ topic: 't', partitions: [{ partition: 2 }] }] }
  expect(hex(encodeOffsetFetch(request))).toBe(`00${compact('g')}02${compact('t')}02${'00000002'}00${'01'}00`)
})

test('DescribeTransactions v0 asks for one id, and reads how its last transaction stands', () => {
  expect(hex(encodeDescribeTransactions('x'))).toBe(`00${'02'}${compact('x')}00`)
  const answer = (errorCode: string, state: string): Buffer => {
    const partitions = `02${compact('t')}${'03'}${'00000001'}${'00000002'}00`
    const found = `${errorCode}${compact('x')}${compact(state)}${'00004e21'}${'ffffffffffffffff'}${'0000000000000009'}${'0004'}${partitions}00`
    return Buffer.from(`00${'00000000'}02${found}00`, 'hex')
  }
  expect(decodeDescribeTransactions(answer('0000', 'Ongoing'))).toEqual({
    state: 'Ongoing',
    timeoutMs: 20_001,
    producerId: '9',
    producerEpoch: 4,
  })
  expect(decodeDescribeTransactions(answer('0069', '')).state).toBeNull() // 105: nobody has used the id
  expect(() => decodeDescribeTransactions(answer('0010', ''))).toThrow() // 16: another broker is its coordinator
})

let entry: (GroupEntry & Disposable) | null = null
const entered = (instanceId: string | null, others: Partial<Pick<GroupEntry, 'outOfRange' | 'pace'>> = {}): GroupEntry => {
  const pace: Pace = (_nodeId, fetch) => fetch()
  entry = enterGroup('g', {
    instanceId,
    leaves: false,
    outOfRange: () => 'fail',
    beforeJoin: async () => undefined,
    joinFailed: () => undefined,
    beforeLeave: async () => undefined,
    pace,
    ...others,
  })
  return entry
}
beforeEach(() => {
  entry = null
})
afterEach(() => entry?.[Symbol.dispose]())

test.each(STATIC_REQUESTS)('%s carries the instance id of its group', async (name) => {
  const { protocol, versions } = stock(`src/protocol/requests/${name}/index.js`) as {
    versions: string[]
    protocol(choice: { version: string | undefined }): (request: object) => { request: { encode(): Promise<{ buffer: Buffer }> } }
  }
  const encode = (groupId: string) =>
    protocol({ version: versions.at(-1) })({
      groupId,
      memberId: 'm',
      generationId: 1,
      groupGenerationId: 1,
      sessionTimeout: 1,
      rebalanceTimeout: 1,
      protocolType: 'consumer',
      groupProtocols: [],
      groupAssignment: [],
    }).request.encode()
  entered('attribution-0')
  expect((await encode('g')).buffer.includes('attribution-0')).toBe(true)
  expect((await encode('h')).buffer.includes('attribution-0')).toBe(false)
})

type Prototype = {
  fetch(this: unknown, nodeId: number): Promise<unknown[]>
  getNodeIds(this: unknown): number[]
  leave(this: unknown): Promise<void>
  recoverFromOffsetOutOfRange(this: unknown, error: object): Promise<void>
}
const group = () => {
  const left: object[] = []
  const seeks: unknown[] = []
  const live = {
    groupId: 'g',
    memberId: 'm',
    coordinator: { leaveGroup: async (request: object) => void left.push(request) },
    cluster: { fetchTopicsOffset: async () => [{ topic: 't', partitions: [{ partition: 1, offset: '40' }] }] },
    seekOffset: { set: (...args: unknown[]) => void seeks.push(args) },
  }
  return { live: live as unknown as LiveGroup, left, seeks }
}
const prototype = () => (stock('src/consumer/consumerGroup.js') as { prototype: Prototype }).prototype

test.each([
  { name: 'a static member keeps its place', instanceId: 'i', leaves: false, times: 0 },
  { name: 'a static member leaves when told to', instanceId: 'i', leaves: true, times: 1 },
  { name: 'a dynamic member leaves', instanceId: null, leaves: false, times: 1 },
])('$name', async ({ instanceId, leaves, times }) => {
  entered(instanceId).leaves = leaves
  const { live, left } = group()
  await prototype().leave.call(live)
  expect(left).toHaveLength(times)
})

test('a position outside the log ends the process, or begins again where the topic is a table', async () => {
  const { live, seeks } = group()
  entered('i')
  await expect(prototype().recoverFromOffsetOutOfRange.call(live, { topic: 't', partition: 1 })).rejects.toMatchObject({ retriable: false })
  entry?.[Symbol.dispose]()
  entered('i', { outOfRange: () => 'earliest' })
  await prototype().recoverFromOffsetOutOfRange.call(live, { topic: 't', partition: 1 })
  expect(seeks).toEqual([['t', 1, '40']])
})

test('a fetch begins when the pace of its group lets it', async () => {
  const asked: number[] = []
  const pace: Pace = async (nodeId) => {
    asked.push(nodeId)
    return []
  }
  entered('i', { pace })
  expect(await prototype().fetch.call({ groupId: 'g' }, 3)).toEqual([]) // stock would have looked at its cluster, which is not there
  expect(asked).toEqual([3])
})

test('a group whose connections are all lost goes on with the brokers it knew', () => {
  entered('i')
  let nodes = [1, 2]
  const live = { groupId: 'g', cluster: { getNodeIds: () => nodes } }
  expect(prototype().getNodeIds.call(live)).toEqual([1, 2])
  nodes = []
  expect(prototype().getNodeIds.call(live)).toEqual([1, 2])
})

test('one consumer per group and process', () => {
  entered('i')
  expect(() => entered('j')).toThrow('already has a consumer in group g')
  entry?.[Symbol.dispose]()
  expect(groupEntry('g')).toBeUndefined()
})

test('turns go around', () => {
  expect([0, 1, 2, 3].map((turn) => rotate(['a', 'b', 'c'], turn).join(''))).toEqual(['abc', 'bca', 'cab', 'abc'])
  expect(rotate([], 5)).toEqual([])
})
