import type { PartitionAssigner } from 'kafkajs'
import { Fault } from '../events/fault.ts'
import { AssignerProtocol } from './client.ts'
import { decodeMemberData, encodeMemberData } from './member-data.ts'
import { type Candidate, place, type Unit } from './placement.ts'
import type { Assignment } from './record.ts'

/** What this member holds when it joins. */
export type Holding = {
  readonly generation: number
  readonly assignment: Assignment
  /** By partition: the offset its local state reaches. */
  readonly checkpoints: ReadonlyMap<number, number>
}

/** Throws `topic_mismatch` when joined topics differ in their partition counts. */
export function requireEqualCounts(counts: ReadonlyMap<string, number>): void {
  if (new Set(counts.values()).size <= 1) return
  const list = [...counts].map(([topic, count]) => `${topic} ${count}`).join(', ')
  throw new Fault('topic_mismatch', `Topics that are joined must have equal partition counts: ${list}. Run the topics command.`)
}

/** Partitions by topic for each member. `together`: partition p of all topics is one unit, so that tables lie with their
 *  streams; otherwise every (topic, partition) is one. */
export function assign(
  members: readonly Candidate[],
  counts: ReadonlyMap<string, number>,
  together: boolean,
): Map<string, Map<string, number[]>> {
  if (together) requireEqualCounts(counts)
  const topics = [...counts.keys()].sort()
  const shares = place(unitsOf(counts, together), members)
  return new Map(
    [...shares].map(([id, keys]) => [
      id,
      new Map(topics.map((topic) => [topic, keys.flatMap((key) => partitionIn(topic, key, together))])),
    ]),
  )
}

/** Partition by partition, so that who keeps the first ones keeps some of every topic. */
function unitsOf(counts: ReadonlyMap<string, number>, together: boolean): Unit[] {
  const topics = together ? [''] : [...counts.keys()].sort()
  const size = Math.max(0, ...counts.values())
  return Array.from({ length: size }, (_, partition) => partition).flatMap((partition) =>
    topics.flatMap((topic) =>
      together || partition < (counts.get(topic) ?? 0) ? [{ key: unitKey(topic, partition, together), topic }] : [],
    ),
  )
}

const unitKey = (topic: string, partition: number, together: boolean): string => (together ? String(partition) : `${topic}/${partition}`)
function partitionIn(topic: string, key: string, together: boolean): number[] {
  if (together) return [Number(key)]
  const slash = key.lastIndexOf('/')
  return key.slice(0, slash) === topic ? [Number(key.slice(slash + 1))] : []
}

/** The group protocol. Each join tells the leader what this member holds; the broker begins no rebalance when a static member
 *  comes back with other words than before (only one that changes the chosen protocol does), so a restart moves nothing. */
export function createAssigner(deps: {
  readonly instanceId: string
  readonly coPartitioned: boolean
  readonly holding: () => Holding
}): PartitionAssigner {
  const { coPartitioned: together } = deps
  const name = together ? 'postback.together' : 'postback.spread'
  const told = (): Candidate => {
    const { generation, assignment, checkpoints } = deps.holding()
    const owned = [...assignment].flatMap(([topic, partitions]) => partitions.map((partition) => unitKey(topic, partition, together)))
    return {
      id: deps.instanceId,
      generation,
      owned: new Set(owned),
      checkpoints: new Map(together ? [...checkpoints].map(([partition, offset]) => [String(partition), offset]) : []),
    }
  }
  return ({ cluster }) => ({
    name,
    version: 1,
    protocol: ({ topics }) => ({
      name,
      metadata: AssignerProtocol.MemberMetadata.encode({ version: 1, topics, userData: encodeMemberData(told()) }),
    }),
    async assign({ members, topics }) {
      const counts = new Map(topics.map((topic) => [topic, cluster.findTopicPartitionMetadata(topic).length]))
      const ids = new Set<string>()
      const candidates = members.map(({ memberId, memberMetadata }) => {
        const candidate = decodeMemberData(userDataOf(memberMetadata), memberId)
        // Two of one name would both get the share of that name.
        const one = ids.has(candidate.id) ? { ...candidate, id: memberId } : candidate
        ids.add(one.id)
        return one
      })
      const shares = assign(candidates, counts, together)
      return members.map(({ memberId }, index) => ({
        memberId,
        memberAssignment: AssignerProtocol.MemberAssignment.encode({
          version: 1,
          assignment: Object.fromEntries(shares.get(candidates[index]?.id ?? '') ?? []),
          userData: Buffer.alloc(0),
        }),
      }))
    },
  })
}

function userDataOf(metadata: Buffer): Buffer | undefined {
  try {
    return AssignerProtocol.MemberMetadata.decode(metadata)?.userData
  } catch {
    return undefined
  }
}
