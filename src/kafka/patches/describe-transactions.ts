import type { Call } from './cluster.ts'
import { type Encoder, endStructure, failOn, newDecoder, newEncoder } from './wire.ts'

/** How the last transaction of a transactional id stands; null: the coordinator knows none of that id. */
export type LastTransaction = { readonly state: string | null }

/** https://kafka.apache.org/protocol#The_Messages_DescribeTransactions, version 0, since Kafka 3.0 (KIP-664); kafkajs has none. */
export const DESCRIBE_TRANSACTIONS = 65
const TRANSACTIONAL_ID_NOT_FOUND = 105

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
  const [state] = decoder.readUVarIntArray((each) => {
    const errorCode = each.readInt16()
    each.readUVarIntString() // transactional id
    const found = each.readUVarIntString()
    each.readInt32() // timeout
    each.readInt64() // began at
    each.readInt64() // producer id
    each.readInt16() // producer epoch
    each.readUVarIntArray((topic) => {
      topic.readUVarIntString()
      topic.readUVarIntArray((partition) => partition.readInt32())
      topic.readTaggedFields()
    })
    each.readTaggedFields()
    return { errorCode, found }
  })
  if (state === undefined || state.errorCode === TRANSACTIONAL_ID_NOT_FOUND) return { state: null }
  failOn(state.errorCode)
  return { state: state.found }
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
