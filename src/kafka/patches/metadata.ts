import type { Kafka } from 'kafkajs'
import { type Call, withCluster } from './cluster.ts'
import { apiKey, type Decoder, type Encoder, endStructure, newDecoder, newEncoder } from './wire.ts'

export type Metadata = {
  readonly clusterId: string
  readonly topics: readonly {
    readonly name: string
    readonly errorCode: number
    readonly id: string
    readonly partitions: number
    /** Of its first partition; 0 where there is none. */
    readonly replicationFactor: number
    /** Partitions that no broker leads at present. */
    readonly leaderless: readonly number[]
  }[]
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
    const partitions = each.readUVarIntArray(readPartition)
    each.readInt32() // authorized operations
    each.readTaggedFields()
    const leaderless = partitions.filter(({ leader }) => leader < 0).map(({ index }) => index)
    return { name, errorCode, id, partitions: partitions.length, replicationFactor: partitions[0]?.replicas ?? 0, leaderless }
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

function readPartition(decoder: Decoder): { readonly index: number; readonly leader: number; readonly replicas: number } {
  decoder.readInt16()
  const index = decoder.readInt32()
  const leader = decoder.readInt32()
  decoder.readInt32() // leader epoch
  const [replicas] = [readIds(decoder), readIds(decoder), readIds(decoder)] // and those in sync, and those offline
  decoder.readTaggedFields()
  return { index, leader, replicas: replicas.length }
}

const readIds = (decoder: Decoder): number[] => decoder.readUVarIntArray((each) => each.readInt32())

export const metadataOf = (names: readonly string[]): Call<Metadata> => ({
  request: { apiKey: apiKey('Metadata'), apiVersion: VERSION, apiName: 'Metadata', encode: async () => encodeMetadata(names) },
  response: { decode: async (bytes) => decodeMetadata(bytes), parse: async (data) => data },
})

/** Asks a broker by a connection of its own. */
export const fetchMetadata = (kafka: Kafka, names: readonly string[]): Promise<Metadata> =>
  withCluster(kafka, async (cluster) => (await cluster.findControllerBroker()).connectionPool.send(metadataOf(names)))

/** What each broker of the cluster knows: one hears of a topic some milliseconds after another. */
export const fetchMetadataOfEach = (kafka: Kafka, names: readonly string[]): Promise<Metadata[]> =>
  withCluster(kafka, (cluster) =>
    Promise.all(cluster.getNodeIds().map(async (nodeId) => (await cluster.findBroker({ nodeId })).connectionPool.send(metadataOf(names)))),
  )
