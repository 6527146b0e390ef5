import { randomUUID } from 'node:crypto'
import type { Outcome } from '../../src/events/outcome.ts'
import { readTable } from '../../src/kafka/table.ts'
import type { Ground } from './ground.ts'

export type Outcomes = {
  /** Calls back for every outcome of attribution, of what was there and of what comes. */
  onOutcome: (postbackId: string, stage: string) => void
  stop(): Promise<void>
}

/** Reads outcomes as every consumer does, what is committed and nothing else; resolves at the end of what was there. */
export async function followOutcomes(
  { client, codec }: Ground,
  topic: string,
  onOutcome: (postbackId: string, stage: string) => void = () => undefined,
): Promise<Outcomes> {
  const name = `bench.${randomUUID().slice(0, 8)}`
  const outcomes: Outcomes = { onOutcome, stop: () => table.stop() }
  const table = await readTable({
    client,
    topic,
    groupId: name,
    instanceId: name,
    onRecord({ value }) {
      if (value === null) return
      const { postback_id, stage } = codec.decode(value) as Outcome // what the topic's schema says
      if (stage !== null) outcomes.onOutcome(postback_id, stage)
    },
    report: () => undefined,
    onFatal(error) {
      throw error
    },
  })
  await table.caughtUp
  return outcomes
}
