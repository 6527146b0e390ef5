import type { PartitionAssigner } from 'kafkajs'
import { Fault } from '../events/fault.ts'
import { AssignerProtocol } from './client.ts'
import type { Assignment } from './record.ts'

/** Partition p of every topic goes to the member at p mod n, members in the order of their ids: tables lie with their
 *  streams, and a member that comes back finds what it had. Throws `topic_mismatch` when partition counts differ. */
export function assignTogether(members: readonly string[], counts: ReadonlyMap<string, number>): Map<string, Assignment> {
  const sizes = new Set(counts.values())
  if (sizes.size > 1) {
    const list = [...counts].map(([topic, count]) => `${topic} ${count}`).join(', ')
    throw new Fault('topic_mismatch', `Topics that are joined must have equal partition counts: ${list}. Run the topics command.`)
  }
  return assign(members, counts, (_topic, partition) => partition)
}

/** Every (topic, partition) by itself, so that topics of one partition do not all meet at the first member. */
export function assignSpread(members: readonly string[], counts: ReadonlyMap<string, number>): Map<string, Assignment> {
  return assign(members, counts, (topic, partition) => topic + partition)
}

function assign(
  members: readonly string[],
  counts: ReadonlyMap<string, number>,
  place: (topic: number, partition: number) => number,
): Map<string, Assignment> {
  const sorted = [...members].sort()
  const shares = new Map(sorted.map((member) => [member, new Map<string, number[]>([...counts.keys()].map((topic) => [topic, []]))]))
  for (const [index, [topic, count]] of [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).entries()) {
    for (let partition = 0; partition < count; partition++) {
      const member = sorted[place(index, partition) % sorted.length]
      if (member !== undefined) shares.get(member)?.get(topic)?.push(partition)
    }
  }
  return shares
}

/** The group protocol: carries the instance id as user data, which must be the same on every join (a static member whose
 *  metadata changed would start a rebalance). */
export function createAssigner(instanceId: string | null, coPartitioned: boolean): PartitionAssigner {
  const name = coPartitioned ? 'postback.together' : 'postback.spread'
  return ({ cluster }) => ({
    name,
    version: 1,
    protocol: ({ topics }) => ({
      name,
      metadata: AssignerProtocol.MemberMetadata.encode({ version: 1, topics, userData: Buffer.from(instanceId ?? '') }),
    }),
    async assign({ members, topics }) {
      const counts = new Map(topics.map((topic) => [topic, cluster.findTopicPartitionMetadata(topic).length]))
      const ids = new Map(
        members.map(({ memberId, memberMetadata }) => {
          const told = AssignerProtocol.MemberMetadata.decode(memberMetadata)?.userData.toString()
          return [told === undefined || told === '' ? memberId : told, memberId]
        }),
      )
      const shares = (coPartitioned ? assignTogether : assignSpread)([...ids.keys()], counts)
      return [...shares].map(([id, share]) => ({
        memberId: ids.get(id) as string, // shares are made from these keys
        memberAssignment: AssignerProtocol.MemberAssignment.encode({
          version: 1,
          assignment: Object.fromEntries([...share].map(([topic, partitions]) => [topic, [...partitions]])),
          userData: Buffer.alloc(0),
        }),
      }))
    },
  })
}
