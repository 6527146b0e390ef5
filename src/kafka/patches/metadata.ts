import type { Kafka } from 'kafkajs'
import { apiKey, type Decoder, type Encoder, endStructure, newDecoder, newEncoder } from './wire.ts'

export type Metadata = {
  readonly clusterId: string
  readonly topics: readonly { readonly name: string; readonly errorCode: number; readonly id: string; readonly partitions: number }[]
}

const VERSION = 12
const NO_ID = Buffer.alloc(16)

/** https://kafka.apache.org/protocol#The_Messages_Metadata, version 12; stock stops at 6, which knows no topic ids (KIP-516). */
export function encodeMetadata(names: readonly string[]): Encoder {
  const topic = (name: string): Encoder => endStructure(newEncoder().writeBuffer(NO_ID).writeUVarIntString(name))
  return endStructure(
    endStructure(newEncoder()) // of the request header
      .writeUVarIntArray(names.map(topic))
      .writeBoolean(false) // no topic is created
      .writeBoolean(false), // nor its authorized operations told
  )
}

export function decodeMetadata(bytes: Buffer): Metadata {
  const decoder = newDecoder(bytes)
  decoder.readTaggedFields()
  decoder.readInt32() // throttle
  decoder.readUVarIntArray(skipBroker)
  const clusterId = decoder.readUVarIntString() ?? ''
  decoder.readInt32() // controller
  const topics = decoder.readUVarIntArray((each) => {
    const errorCode = each.readInt16()
    const name = each.readUVarIntString() ?? ''
    const id = each.readBytes(16).toString('base64url')
    each.readBoolean() // internal
    const partitions = each.readUVarIntArray(skipPartition).length
    each.readInt32() // authorized operations
    each.readTaggedFields()
    return { name, errorCode, id, partitions }
  })
  return { clusterId, topics }
}

function skipBroker(decoder: Decoder): void {
  decoder.readInt32()
  decoder.readUVarIntString()
  decoder.readInt32()
  decoder.readUVarIntString()
  decoder.readTaggedFields()
}

function skipPartition(decoder: Decoder): void {
  decoder.readInt16()
  decoder.readInt32() // index
  decoder.readInt32() // leader
  decoder.readInt32() // leader epoch
  for (let list = 0; list < 3; list++) decoder.readUVarIntArray((each) => each.readInt32()) // replicas, in sync, offline
  decoder.readTaggedFields()
}

type Broker = { readonly connectionPool: { send(request: object): Promise<Metadata> } }
type Cluster = {
  connect(): Promise<void>
  refreshMetadata(): Promise<void>
  findControllerBroker(): Promise<Broker>
  disconnect(): Promise<void>
}

/** Asks a broker by a connection of its own. Stock has no door to one, so the cluster is made as its admin client makes it. */
export async function fetchMetadata(kafka: Kafka, names: readonly string[]): Promise<Metadata> {
  const createCluster = Object.getOwnPropertySymbols(kafka).find(({ description }) => description === 'private:Kafka:createCluster')
  if (createCluster === undefined) throw new Error('kafkajs has no createCluster')
  const make = (kafka as unknown as Record<symbol, (options: object) => Cluster>)[createCluster] as (options: object) => Cluster
  const cluster = make({ allowAutoTopicCreation: false })
  try {
    await cluster.connect()
    await cluster.refreshMetadata()
    const broker = await cluster.findControllerBroker()
    return await broker.connectionPool.send({
      request: { apiKey: apiKey('Metadata'), apiVersion: VERSION, apiName: 'Metadata', encode: async () => encodeMetadata(names) },
      response: { decode: async (bytes: Buffer) => decodeMetadata(bytes), parse: async (data: Metadata) => data },
    })
  } finally {
    await cluster.disconnect()
  }
}
