import { setTimeout as sleep } from 'node:timers/promises'
import { stock } from './modules.ts'
import { apiKey, type Encoder, endStructure, failOn, newDecoder, newEncoder } from './wire.ts'

type Request = { groupId: string; topics: { topic: string; partitions: { partition: number }[] }[] }
type Partition = { partition: number; offset: string; metadata: string | null; errorCode: number }
type Decoded = { responses: { topic: string | null; partitions: Partition[] }[]; errorCode: number }
type Definition = { versions: string[]; protocol(choice: { version: string | number }): unknown }

/** Longer than a transaction can stay open: its timeout (5 s) and the broker's sweep of expired ones (10 s by default). */
const UNSTABLE_WAIT_MS = 30_000
const UNSTABLE_POLL_MS = 50

/** https://kafka.apache.org/protocol#The_Messages_OffsetFetch, version 7, with require_stable. */
export function encodeOffsetFetch({ groupId, topics }: Request): Encoder {
  const topic = (one: Request['topics'][number]): Encoder =>
    endStructure(
      newEncoder()
        .writeUVarIntString(one.topic)
        .writeUVarIntArray(one.partitions.map(({ partition }) => newEncoder().writeInt32(partition))),
    )
  return endStructure(
    endStructure(newEncoder()) // of the request header
      .writeUVarIntString(groupId)
      .writeUVarIntArray(topics.map(topic))
      .writeBoolean(true),
  )
}

function decodeResponse(bytes: Buffer): Decoded {
  const decoder = newDecoder(bytes)
  decoder.readTaggedFields()
  decoder.readInt32() // throttle
  const responses = decoder.readUVarIntArray((topics) => {
    const topic = topics.readUVarIntString()
    const partitions = topics.readUVarIntArray((each) => {
      const partition = each.readInt32()
      const offset = each.readInt64().toString()
      each.readInt32() // leader epoch
      const one = { partition, offset, metadata: each.readUVarIntString(), errorCode: each.readInt16() }
      each.readTaggedFields()
      return one
    })
    topics.readTaggedFields()
    return { topic, partitions }
  })
  return { responses, errorCode: decoder.readInt16() }
}

/** Stock cannot ask for stable offsets: it would start from one that a dying member's transaction is about to move. */
export function applyOffsetFetch(): void {
  const definition = stock('src/protocol/requests/offsetFetch/index.js') as Definition
  definition.versions = ['7']
  definition.protocol = () => (request: Request) => ({
    request: { apiKey: apiKey('OffsetFetch'), apiVersion: 7, apiName: 'OffsetFetch', encode: async () => encodeOffsetFetch(request) },
    response: {
      decode: async (bytes: Buffer) => decodeResponse(bytes),
      parse: async (data: Decoded) => {
        failOn(data.errorCode)
        for (const { partitions } of data.responses) for (const { errorCode } of partitions) failOn(errorCode)
        return data
      },
    },
    logResponseError: false,
  })
}

type BrokerPrototype = { offsetFetch(this: unknown, request: Request): Promise<Decoded> }

/** Asks again while a transaction holds an offset of the request. Throws UNSTABLE_OFFSET_COMMIT after 30 s. */
export function applyStableWait(): void {
  const { prototype } = stock('src/broker/index.js') as { prototype: BrokerPrototype }
  const { offsetFetch } = prototype
  prototype.offsetFetch = async function stableOffsetFetch(request) {
    const giveUpAt = performance.now() + UNSTABLE_WAIT_MS
    for (;;) {
      try {
        return await offsetFetch.call(this, request)
      } catch (error) {
        const unstable = error instanceof Error && 'type' in error && error.type === 'UNSTABLE_OFFSET_COMMIT'
        if (!unstable || performance.now() > giveUpAt) throw error
      }
      await sleep(UNSTABLE_POLL_MS)
    }
  }
}
