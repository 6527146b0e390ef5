import type { Call } from './cluster.ts'
import { type Encoder, endStructure, failOn, newDecoder, newEncoder } from './wire.ts'

/** How the last transaction of a transactional id stands. */
export type LastTransaction = {
  /** https://github.com/apache/kafka/blob/trunk/transaction-coordinator/src/main/java/org/apache/kafka/coordinator/transaction/TransactionState.java;
   *  null: the coordinator knows none of that id. */
  readonly state: string | null
  /** Given by the process that was the last to ask for an epoch of this id. */
  readonly timeoutMs: number
  readonly producerId: string
  readonly producerEpoch: number
}

/** https://kafka.apache.org/protocol#The_Messages_DescribeTransactions, version 0, since Kafka 3.0 (KIP-664); kafkajs has none. */
export const DESCRIBE_TRANSACTIONS = 65
const TRANSACTIONAL_ID_NOT_FOUND = 105
export const NONE: LastTransaction = { state: null, timeoutMs: 0, producerId: '-1', producerEpoch: -1 }

export function encodeDescribeTransactions(transactionalId: string): Encoder {
  return endStructure(
    endStructure(newEncoder()) // of the request header
      .writeUVarIntArray([newEncoder().writeUVarIntString(transactionalId)]),
  )
}

export function decodeDescribeTransactions(bytes: Buffer): LastTransaction {
  const decoder = newDecoder(bytes)
  decoder.readTaggedFields()
  decoder.readInt32() // throttle
  const [found] = decoder.readUVarIntArray((each) => {
    const errorCode = each.readInt16()
    each.readUVarIntString() // transactional id
    const state = each.readUVarIntString()
    const timeoutMs = each.readInt32()
    each.readInt64() // began at
    const producerId = each.readInt64().toString()
    const producerEpoch = each.readInt16()
    each.readUVarIntArray((topic) => {
      topic.readUVarIntString()
      topic.readUVarIntArray((partition) => partition.readInt32())
      topic.readTaggedFields()
    })
    each.readTaggedFields()
    return { errorCode, state, timeoutMs, producerId, producerEpoch }
  })
  if (found === undefined || found.errorCode === TRANSACTIONAL_ID_NOT_FOUND) return NONE
  failOn(found.errorCode)
  const { errorCode: _, ...last } = found
  return last
}

export const describeTransaction = (transactionalId: string): Call<LastTransaction> => ({
  request: {
    apiKey: DESCRIBE_TRANSACTIONS,
    apiVersion: 0,
    apiName: 'DescribeTransactions',
    encode: async () => encodeDescribeTransactions(transactionalId),
  },
  response: { decode: async (bytes) => decodeDescribeTransactions(bytes), parse: async (data) => data },
})
