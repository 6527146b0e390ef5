import { setTimeout as sleep } from 'node:timers/promises'
import type { Transaction } from 'kafkajs'
import { Fault } from '../events/fault.ts'
import { type KafkaSettings, kafkaClient } from './connect.ts'
import type { Compression } from './patches/codecs.ts'
import { inTheNameOf, type Member } from './patches/txn-offset-commit.ts'
import { createRequestBounds, ONE_AT_A_TIME, offsetsOf, toBatch } from './produce.ts'
import { type OutRecord, recordBytes } from './record.ts'

/** Next offset by partition by topic. */
export type Offsets = ReadonlyMap<string, ReadonlyMap<number, number>>

export type Transactions = {
  /** All or nothing. Any rejection ends the process: what became of the transaction is unknown. */
  commit(work: {
    readonly records: readonly OutRecord[]
    readonly offsets: Offsets
    readonly member: Member
    /** Kept with each offset. */
    readonly note?: string | null
  }): Promise<void>
  close(): Promise<void>
}

const TRANSACTION_TIMEOUT_MS = 5_000
const BROKER_TIMEOUT_MS = 5_000
/** Past it the broker has aborted the transaction anyway. */
const DEADLINE_MS = 15_000
const BOUNDS = { maxBytes: 900_000, maxRecords: 20_000 }
const REQUEST_BYTES = 8_000_000
/** The transactional producer of this process. Connects and fences: when it resolves, no former process with this id can
 *  write, and its open transaction is ended. */
export async function createTransactions(deps: {
  readonly client: KafkaSettings
  readonly transactionalId: string
  readonly groupId: string
  readonly compression?: Compression
}): Promise<Transactions> {
  const retry = { initialRetryTime: 10, multiplier: 1.3, factor: 0.2, maxRetryTime: 500, retries: 30 }
  const producer = kafkaClient(deps.client, { retry, requestTimeout: 5_000 }).producer({
    transactionalId: deps.transactionalId,
    transactionTimeout: TRANSACTION_TIMEOUT_MS,
    ...ONE_AT_A_TIME,
    retry,
  })
  await producer.connect()
  await (await producer.transaction()).abort() // the first transaction, not connect, asks for the producer's epoch

  const write = async (transaction: Transaction, records: readonly OutRecord[]): Promise<void> => {
    for (const request of inRequests(records)) {
      const offsets = offsetsOf(request, await transaction.sendBatch(toBatch(request, BROKER_TIMEOUT_MS, deps.compression)))
      if (offsets.includes(undefined)) throw new Error('the broker has not acknowledged every record')
    }
  }
  const commitOffsets = async (transaction: Transaction, offsets: Offsets, member: Member, metadata: string | null): Promise<void> => {
    const topics = [...offsets].map(([topic, partitions]) => ({
      topic,
      partitions: [...partitions].map(([partition, offset]) => ({ partition, offset: String(offset), metadata })),
    }))
    await transaction.sendOffsets({ consumerGroupId: deps.groupId, topics: inTheNameOf(member, topics) })
  }

  return {
    async commit({ records, offsets, member, note = null }) {
      const run = async (): Promise<void> => {
        const transaction = await producer.transaction()
        await write(transaction, records)
        if (offsets.size > 0) await commitOffsets(transaction, offsets, member, note)
        await transaction.commit()
      }
      const cancel = new AbortController()
      try {
        await Promise.race([
          run(),
          sleep(DEADLINE_MS, undefined, { signal: cancel.signal }).then(() => Promise.reject(new Error('too slow'))),
        ])
      } catch (error) {
        const why = typeOf(error) || (error instanceof Error ? error.message : String(error))
        throw new Fault('transaction_failed', `A transaction of ${deps.transactionalId} failed: ${why}.`, error)
      } finally {
        cancel.abort()
      }
    },
    close: () => producer.disconnect(),
  }
}

/** kafkajs's name of a protocol error, also when its retrier has wrapped it. */
function typeOf(error: unknown): string {
  if (!(error instanceof Error)) return ''
  if ('type' in error && typeof error.type === 'string') return error.type
  return error.cause === undefined ? '' : typeOf(error.cause)
}

/** Cuts records into requests, each with one record batch per partition within bounds; order per partition holds. */
export function* inRequests(records: readonly OutRecord[]): Generator<readonly OutRecord[]> {
  let left = records
  while (left.length > 0) {
    const bounds = createRequestBounds(BOUNDS)
    const taken: OutRecord[] = []
    const rest: OutRecord[] = []
    let bytes = 0
    for (const record of left) {
      const size = recordBytes(record)
      if (bytes < REQUEST_BYTES && bounds.fits(record, size)) {
        bytes += size
        taken.push(record)
      } else rest.push(record)
    }
    yield taken
    left = rest
  }
}
