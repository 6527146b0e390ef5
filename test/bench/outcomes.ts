import { randomUUID } from 'node:crypto'
import type { Outcome } from '../../src/events/outcome.ts'
import { readTable } from '../../src/kafka/table.ts'
import type { Ground } from './ground.ts'

export type Outcomes = {
  /** Postbacks of the bench's workspace that were matched, each once. */
  readonly matched: ReadonlySet<string>
  /** How often one of them was matched again: must stay 0. */
  readonly repeated: number
  /** Calls back when this postback has an outcome of attribution, with its stage. */
  onOutcome: (postbackId: string, stage: string) => void
  stop(): Promise<void>
}

/** Reads `outcomes` as every consumer does, what is committed and nothing else; resolves at the end of what was there. */
export async function followOutcomes({ client, codec, stack }: Ground): Promise<Outcomes> {
  const matched = new Set<string>()
  const name = `bench.${randomUUID().slice(0, 8)}`
  let repeated = 0
  const outcomes = {
    matched,
    get repeated() {
      return repeated
    },
    onOutcome: (_postbackId: string, _stage: string): void => undefined,
    stop: (): Promise<void> => table.stop(),
  }
  const table = await readTable({
    client,
    topic: 'outcomes',
    groupId: name,
    instanceId: name,
    onRecord({ value }) {
      if (value === null) return
      const { workspace_id, postback_id, stage } = codec.decode(value) as Outcome // what the topic's schema says
      if (workspace_id !== stack.workspace.id || stage === null) return
      if (stage === 'matched') {
        if (matched.has(postback_id)) repeated++
        matched.add(postback_id)
      }
      outcomes.onOutcome(postback_id, stage)
    },
    report: () => undefined,
    onFatal(error) {
      throw error
    },
  })
  await table.caughtUp
  return outcomes
}
