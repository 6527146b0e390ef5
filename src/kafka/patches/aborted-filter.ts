import { replace } from './modules.ts'

/** A decoded record as kafkajs carries it; offsets are decimal strings. */
export type Message = {
  offset: string
  timestamp: string
  key: Buffer | null
  value: Buffer | null
  isControlRecord: boolean
  batchContext: { producerId: string; inTransaction: boolean }
}
export type AbortedTransaction = { producerId: string; firstOffset: string }

/** Control record key: version int16, type int16; type 0 is an abort. */
const isAbortMarker = ({ isControlRecord, key }: Message): boolean =>
  isControlRecord && key !== null && key.length >= 4 && key.readInt16BE(2) === 0

/** Drops the records of aborted transactions. The broker lists them in the order they ended; like Java's
 *  CompletedFetch this takes them in the order they began, and every one that began at or before a record. */
export function filterAbortedMessages(batch: { messages: Message[]; abortedTransactions?: AbortedTransaction[] | null }): Message[] {
  if (!batch.abortedTransactions?.length) return batch.messages
  const upcoming = batch.abortedTransactions
    .map(({ producerId, firstOffset }) => ({ producerId, firstOffset: Number(firstOffset) }))
    .sort((a, b) => a.firstOffset - b.firstOffset)
  const aborting = new Set<string>()
  let next = 0
  return batch.messages.filter((message) => {
    const offset = Number(message.offset)
    for (let entry = upcoming[next]; entry !== undefined && entry.firstOffset <= offset; entry = upcoming[next]) {
      aborting.add(entry.producerId)
      next++
    }
    const { producerId, inTransaction } = message.batchContext
    if (isAbortMarker(message)) {
      aborting.delete(producerId)
      return true
    }
    return message.isControlRecord || !(inTransaction && aborting.has(producerId))
  })
}

export const applyAbortedFilter = (): void => replace('src/consumer/filterAbortedMessages.js', filterAbortedMessages)
