import { setTimeout as sleep } from 'node:timers/promises'
import { Fault } from '../events/fault.ts'
import { GenerationChanged } from './fault.ts'
import { coordinatorHasGone, coordinatorMoves, coordinatorOf, type LiveGroup, uncommitted } from './patches/groups.ts'

/** Where the group stands in the partitions that are ours now, and where their logs begin and end. Rejects with GenerationChanged
 *  for whoever asks of a consumer that has stopped. */
export type GroupOffsets = {
  /** Committed offsets of the partitions owned now, once no transaction holds them (OffsetFetch v7); -1 = none. Throws
   *  `data_gone` when one lies outside the log of a topic that is read from there. */
  committed(topic: string): Promise<Map<number, number>>
  /** Log start and log end of the partitions owned now; the end is the last stable offset, before the first open transaction. */
  offsets(topic: string): Promise<Map<number, { start: number; end: number }>>
  /** As `offsets`, but the end counts what open transactions have written. Asked after `committed` has answered, it is past
   *  everything a former owner has written: of its last transaction the marker on the group's offsets may stand already while
   *  that on an output is still to come, and the last stable offset is then before that output. Our reading gets there once
   *  the marker has come. */
  ends(topic: string): Promise<Map<number, { start: number; end: number }>>
  /** The texts kept with the committed offsets of these topics. */
  notes(topics: readonly string[]): Promise<string[]>
}

/** Of a consumer. `ends`: batches under way and what they commit go on. `over`: its connections go. */
export type Phase = 'runs' | 'ends' | 'over'

const LOADING_MS = 30_000
const ASK_AGAIN_MS = 100

export function createGroupOffsets(deps: {
  readonly groupId: string
  /** Whether the group's offset is where reading of this topic starts. */
  readonly isCommitted: (topic: string) => boolean
  readonly group: () => LiveGroup
  readonly owned: (topic: string) => readonly number[]
  readonly phase: () => Phase
}): GroupOffsets {
  const { groupId, group } = deps
  const owned = (topic: string): { partition: number }[] => deps.owned(topic).map((partition) => ({ partition }))

  /** Asked of the broker that took our join: what it wrote then stands behind all that was committed before. A broker that was
   *  asleep while the group moved away from it would answer for a moment with what it knew. */
  const committedOf = async (topic: string) => {
    const giveUpAt = performance.now() + LOADING_MS
    for (;;) {
      const coordinator = await coordinatorOf(group())
      try {
        const { responses } = await coordinator.offsetFetch({ groupId, topics: [{ topic, partitions: owned(topic) }] })
        return responses.flatMap(({ partitions }) => partitions)
      } catch (error) {
        if (coordinatorHasGone(error)) throw new GenerationChanged('the group has another coordinator by now')
        if (!coordinatorMoves(error) || performance.now() > giveUpAt) throw error
      }
      await sleep(ASK_AGAIN_MS) // it loads its groups
    }
  }

  const logsOf = async (topic: string, cluster: LiveGroup['cluster']): Promise<Map<number, { start: number; end: number }>> => {
    if (owned(topic).length === 0) return new Map()
    const ask = (fromBeginning: boolean) => cluster.fetchTopicsOffset([{ topic, partitions: owned(topic), fromBeginning }])
    const [starts, ends] = await Promise.all([ask(true), ask(false)])
    const start = new Map(starts[0]?.partitions.map(({ partition, offset }) => [partition, Number(offset)]))
    return new Map(
      ends[0]?.partitions.map(({ partition, offset }) => [partition, { start: start.get(partition) ?? 0, end: Number(offset) }]),
    )
  }
  const offsets = (topic: string) => logsOf(topic, group().cluster)

  const unlessOver = async <Answer>(ask: () => Promise<Answer>): Promise<Answer> => {
    const over = (cause?: unknown): Error => new GenerationChanged('the consumer has stopped', { cause })
    if (deps.phase() === 'over') throw over() // kafkajs would connect again
    try {
      return await ask()
    } catch (error) {
      throw deps.phase() === 'runs' || error instanceof Fault ? error : over(error)
    }
  }

  const committed = async (topic: string): Promise<Map<number, number>> => {
    if (owned(topic).length === 0) return new Map()
    const found = new Map((await committedOf(topic)).map(({ partition, offset }) => [partition, Number(offset)]))
    const logs = deps.isCommitted(topic) ? await offsets(topic) : new Map<number, { start: number; end: number }>()
    for (const [partition, { start, end }] of logs) {
      const offset = found.get(partition) ?? -1
      if (offset >= 0 && (offset < start || offset > end)) throw dataGone(groupId, `${topic}/${partition}`)
    }
    return found
  }

  const notes = async (topics: readonly string[]): Promise<string[]> => {
    const found = await Promise.all(topics.filter((topic) => owned(topic).length > 0).map(committedOf))
    return found.flat().flatMap(({ metadata }) => (metadata === null || metadata === '' ? [] : [metadata]))
  }

  return {
    committed: (topic) => unlessOver(() => committed(topic)),
    offsets: (topic) => unlessOver(() => offsets(topic)),
    ends: (topic) => unlessOver(() => logsOf(topic, uncommitted(group().cluster))),
    notes: (topics) => unlessOver(() => notes(topics)),
  }
}

export const dataGone = (groupId: string, place: string): Fault =>
  new Fault(
    'data_gone',
    `The committed offset of ${groupId} in ${place} is outside the log: records may have been deleted unread. ` +
      'Find out why, then set the offset with kafka-consumer-groups.',
  )
