import type { Report } from './record.ts'
import { createTurns } from './turns.ts'

/** Commits offsets after their records are stored. One that fails is tried again while its generation lasts and nothing newer of its
 *  partition was committed: a partition that grows quiet would stand behind for ever. */
export type OffsetCommits = {
  /** Never rejects: a later one covers it, or the batch comes again after a rebalance. */
  commit(topic: string, partition: number, offset: number): Promise<void>
  /** A new generation begins at what is committed. */
  forget(): void
  /** Nothing is sent any more: what is stored from now on comes again. */
  stop(): void
}

const AGAIN_MS = 2_000

export function createOffsetCommits(deps: {
  readonly send: (topic: string, partition: number, offset: number) => Promise<void>
  readonly generation: () => number
  readonly report: Report
  readonly againMs?: number
}): OffsetCommits {
  const owed = new Map<string, { topic: string; partition: number; offset: number; generation: number }>()
  const turns = createTurns()
  let stopped = false

  /** What was decided in a generation is committed in it: another member may have the partition by now. */
  const send = async (topic: string, partition: number, offset: number, generation: number): Promise<void> => {
    if (stopped || generation !== deps.generation()) return
    try {
      await deps.send(topic, partition, offset)
      owed.delete(`${topic}/${partition}`)
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      deps.report('warn', { topic, partition, error: why }, 'kafka.commit_failed')
      owed.set(`${topic}/${partition}`, { topic, partition, offset, generation })
    }
  }

  const timer = setInterval(() => {
    for (const [place, { topic, partition, offset }] of owed)
      turns(place, async () => {
        const now = owed.get(place)
        if (now?.offset === offset) await send(topic, partition, offset, now.generation)
      }).catch(() => undefined) // it stays owed
  }, deps.againMs ?? AGAIN_MS)

  return {
    commit(topic, partition, offset) {
      const generation = deps.generation()
      return turns(`${topic}/${partition}`, () => send(topic, partition, offset, generation))
    },
    forget: () => owed.clear(),
    stop() {
      stopped = true
      clearInterval(timer)
    },
  }
}
