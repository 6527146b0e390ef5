import { stock } from './modules.ts'
import { apiKey, type Encoder, endStructure, failOn, newDecoder, newEncoder } from './wire.ts'

/** The group member in whose name offsets are committed; the broker refuses any other generation (KIP-447). */
export type Member = { readonly generationId: number; readonly memberId: string; readonly instanceId: string | null }
type Topics = { topic: string; partitions: { partition: number; offset: string; metadata?: string | null }[] }[]
type Request = { transactionalId: string; groupId: string; producerId: string; producerEpoch: number; topics: Topics }
type Definition = { versions: string[]; protocol(choice: { version: string | number }): unknown }

const members = new WeakMap<Topics, Member>()

/** kafkajs hands the very array of `sendOffsets` down to the request, so the member travels beside it. */
export function inTheNameOf(member: Member, topics: Topics): Topics {
  members.set(topics, member)
  return topics
}

/** https://kafka.apache.org/protocol#The_Messages_TxnOffsetCommit, version 3. */
export function encodeTxnOffsetCommit(request: Request): Encoder {
  const member = members.get(request.topics)
  if (member === undefined) throw new TypeError(`offsets of ${request.groupId} are committed in nobody's name`)
  const partition = (one: Topics[number]['partitions'][number]): Encoder =>
    endStructure(
      newEncoder()
        .writeInt32(one.partition)
        .writeInt64(one.offset)
        .writeInt32(-1)
        .writeUVarIntString(one.metadata ?? null),
    )
  const topic = (one: Topics[number]): Encoder =>
    endStructure(newEncoder().writeUVarIntString(one.topic).writeUVarIntArray(one.partitions.map(partition)))
  return endStructure(
    endStructure(newEncoder()) // of the request header
      .writeUVarIntString(request.transactionalId)
      .writeUVarIntString(request.groupId)
      .writeInt64(request.producerId)
      .writeInt16(request.producerEpoch)
      .writeInt32(member.generationId)
      .writeUVarIntString(member.memberId)
      .writeUVarIntString(member.instanceId)
      .writeUVarIntArray(request.topics.map(topic)),
  )
}

type Decoded = { topics: { topic: string | null; partitions: { partition: number; errorCode: number }[] }[] }

function decodeResponse(bytes: Buffer): Decoded {
  const decoder = newDecoder(bytes)
  decoder.readTaggedFields()
  decoder.readInt32() // throttle
  return {
    topics: decoder.readUVarIntArray((topics) => {
      const topic = topics.readUVarIntString()
      const partitions = topics.readUVarIntArray((each) => {
        const partition = { partition: each.readInt32(), errorCode: each.readInt16() }
        each.readTaggedFields()
        return partition
      })
      topics.readTaggedFields()
      return { topic, partitions }
    }),
  }
}

/** Stock stops at version 1, where the broker takes offsets from a member that has long been replaced. */
export function applyTxnOffsetCommit(): void {
  const definition = stock('src/protocol/requests/txnOffsetCommit/index.js') as Definition
  definition.versions = ['3']
  definition.protocol = () => (request: Request) => ({
    request: {
      apiKey: apiKey('TxnOffsetCommit'),
      apiVersion: 3,
      apiName: 'TxnOffsetCommit',
      encode: async () => encodeTxnOffsetCommit(request),
    },
    response: {
      decode: async (bytes: Buffer) => decodeResponse(bytes),
      parse: async (data: Decoded) => {
        for (const { partitions } of data.topics) for (const { errorCode } of partitions) failOn(errorCode)
        return data
      },
    },
  })
}
