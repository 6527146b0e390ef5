import type { Transaction } from 'kafkajs'
import { Fault } from '../events/fault.ts'
import { type KafkaSettings, kafkaClient } from './connect.ts'
import { repeatVerdict, TRANSACTION_TIMEOUT_MS } from './last-verdict.ts'
import type { Outputs } from './outputs.ts'
import type { Compression } from './patches/codecs.ts'
import { inTheNameOf, type Member } from './patches/txn-offset-commit.ts'
import { ONE_AT_A_TIME } from './produce.ts'
import { writeOutputs } from './requests.ts'
import { within } from './within.ts'

/** Next offset by partition by topic. */
export type Offsets = ReadonlyMap<string, ReadonlyMap<number, number>>

export type Transactions = {
  /** All or nothing. Any rejection ends the process: what became of the transaction is unknown. */
  commit(work: {
    readonly outputs: readonly Outputs[]
    readonly offsets: Offsets
    readonly member: Member
    /** Kept with each offset. */
    readonly note?: string | null
  }): Promise<void>
  close(): Promise<void>
}

/** Outputs and offsets. It takes no second send: those are one at a time (`patches/send-messages.ts`). */
const IN_FLIGHT = 2
/** Past it the broker has aborted the transaction anyway. */
export const DEADLINE_MS = 15_000

/** The transactional producer of this process. Connects and fences: when it resolves, no former process with this id can
 *  write, and its last transaction is ended in every partition. */
export async function createTransactions(deps: {
  readonly client: KafkaSettings
  readonly transactionalId: string
  readonly groupId: string
  /** What transactions under this id may write to. */
  readonly topics: readonly string[]
  readonly compression?: Compression
}): Promise<Transactions> {
  const retry = { initialRetryTime: 10, multiplier: 1.3, factor: 0.2, maxRetryTime: 500, retries: 30 }
  const producer = kafkaClient(deps.client, { retry, requestTimeout: 5_000 }).producer({
    transactionalId: deps.transactionalId,
    transactionTimeout: TRANSACTION_TIMEOUT_MS,
    ...ONE_AT_A_TIME,
    maxInFlightRequests: IN_FLIGHT,
    retry,
  })
  await repeatVerdict(deps)
  await producer.connect()
  await (await producer.transaction()).abort() // the first transaction, not connect, asks for the producer's epoch

  const commitOffsets = async (transaction: Transaction, offsets: Offsets, member: Member, metadata: string | null): Promise<void> => {
    await transaction.sendOffsets({ consumerGroupId: deps.groupId, topics: inTheNameOf(member, topicsOf(offsets, metadata)) })
  }

  return {
    async commit({ outputs, offsets, member, note = null }) {
      const run = async (): Promise<void> => {
        const transaction = await producer.transaction()
        // Neither waits for the other's answers: a transaction then takes three round trips and not five.
        const written = writeOutputs(transaction, outputs, deps.compression)
        await Promise.all(offsets.size > 0 ? [written, commitOffsets(transaction, offsets, member, note)] : [written])
        await transaction.commit()
      }
      try {
        await within(DEADLINE_MS, run())
      } catch (error) {
        const why = typeOf(error) || (error instanceof Error ? error.message : String(error))
        throw new Fault('transaction_failed', `A transaction of ${deps.transactionalId} failed: ${why}.`, error)
      }
    },
    close: () => producer.disconnect(),
  }
}

/** As the protocol takes them; `metadata` is kept with each. */
export const topicsOf = (offsets: Offsets, metadata: string | null) =>
  [...offsets].map(([topic, partitions]) => ({
    topic,
    partitions: [...partitions].map(([partition, offset]) => ({ partition, offset: String(offset), metadata })),
  }))

/** kafkajs's name of a protocol error, also when its retrier has wrapped it. */
function typeOf(error: unknown): string {
  if (!(error instanceof Error)) return ''
  if ('type' in error && typeof error.type === 'string') return error.type
  return error.cause === undefined ? '' : typeOf(error.cause)
}
