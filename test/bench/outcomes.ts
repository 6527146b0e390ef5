import { randomUUID } from 'node:crypto'
import type { Outcome } from '../../src/events/outcome.ts'
import { createProjection } from '../../src/kafka/projection.ts'
import { readTable } from '../../src/kafka/table.ts'
import { readSchema } from '../../src/roles/context.ts'
import type { Ground } from './ground.ts'

export type Outcomes = {
  /** Calls back for every outcome of attribution, of what was there and of what comes. */
  onOutcome: (postbackId: string, stage: string) => void
  stop(): Promise<void>
}

/** Reads outcomes as every consumer does, what is committed and nothing else, and of each no more than it needs, since it shares the
 *  machine with who is measured; resolves at the end of what was there. */
export async function followOutcomes(
  { client, stack }: Ground,
  topic: string,
  onOutcome: (postbackId: string, stage: string) => void = () => undefined,
): Promise<Outcomes> {
  const projection = await createProjection({
    registryUrl: stack.schema_registry_url,
    topic: 'outcomes',
    schema: readSchema('outcome'),
    fields: { postback_id: true, stage: true },
  })
  const name = `bench.${randomUUID().slice(0, 8)}`
  const outcomes: Outcomes = { onOutcome, stop: () => table.stop() }
  const table = await readTable({
    client,
    topic,
    groupId: name,
    instanceId: name,
    onRecord({ value }) {
      if (value === null) return
      const { postback_id, stage } = projection.decode(value) as Pick<Outcome, 'postback_id' | 'stage'> // as `fields` says
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
