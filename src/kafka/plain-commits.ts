import { Fault } from '../events/fault.ts'
import { type KafkaSettings, kafkaClient } from './connect.ts'
import { repeatVerdict } from './last-verdict.ts'
import type { LiveGroup } from './patches/groups.ts'
import { ONE_AT_A_TIME } from './produce.ts'
import { writeOutputs } from './requests.ts'
import { DEADLINE_MS, type Transactions, topicsOf } from './transactions.ts'
import { within } from './within.ts'

/** In the place of transactions where at least once is enough: every output acknowledged, then the offsets committed in the
 *  name of the member. A crash in between writes the outputs again. Its producer is idempotent and has one request under way,
 *  so that what it costs beside transactions is the transactions alone. */
export async function createPlainCommits(deps: {
  readonly client: KafkaSettings
  readonly groupId: string
  /** What this process would write under, and wrote under before it was told to do without transactions. */
  readonly transactionalId: string
  readonly topics: readonly string[]
  readonly group: () => LiveGroup
}): Promise<Transactions> {
  const { groupId } = deps
  const retry = { initialRetryTime: 50, multiplier: 2, factor: 0.2, maxRetryTime: 500, retries: 5 }
  const producer = kafkaClient(deps.client, { retry, requestTimeout: 5_000 }).producer({
    idempotent: true,
    ...ONE_AT_A_TIME,
    retry,
  })
  await repeatVerdict(deps)
  await producer.connect()

  return {
    async commit({ outputs, offsets, member, note = null }) {
      const run = async (): Promise<void> => {
        await writeOutputs(producer, outputs)
        if (offsets.size === 0) return
        const coordinator = await deps.group().cluster.findGroupCoordinator({ groupId })
        await coordinator.offsetCommit({
          groupId,
          groupGenerationId: member.generationId,
          memberId: member.memberId,
          topics: topicsOf(offsets, note),
        })
      }
      try {
        await within(DEADLINE_MS, run())
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error)
        throw new Fault('transaction_failed', `Outputs or offsets of ${groupId} were not written: ${why}.`, error)
      }
    },
    close: () => producer.disconnect(),
  }
}
