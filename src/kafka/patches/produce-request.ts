import { replace } from './modules.ts'
import { batchBytesMax, type Message, writeRecordBatch } from './record-batch.ts'
import { lendMemory } from './request-memory.ts'

export type TopicData = {
  readonly topic: string
  readonly partitions: readonly { readonly partition: number; readonly messages: readonly Message[]; readonly firstSequence?: number }[]
}
export type ProduceRequest = {
  readonly acks: number
  readonly timeout: number
  readonly transactionalId?: string | null
  /** kafkajs keeps it as decimal text, or as its Long. */
  readonly producerId?: { toString(): string }
  readonly producerEpoch?: number
  readonly compression?: number
  readonly topicData: readonly TopicData[]
}

/** The body of a request: `buf` from `start` to `end`; what lies before `start` is free for the header of the frame. */
export type Payload = { readonly buf: Buffer; readonly start: number; readonly end: number }

/** The header of a frame with a client id of up to 242 bytes. */
export const HEADROOM_BYTES = 256

/** What gzip and zstd add to bytes that they cannot make shorter, beside one in 128: well below. */
const INCOMPRESSIBLE_BYTES = 256

const stringBytes = (text: string | null): number => 2 + (text === null ? 0 : Buffer.byteLength(text))

/** https://kafka.apache.org/protocol#The_Messages_Produce, versions 3 to 8, in one buffer, which is `returnMemory`'s to take back by its
 *  `topicData`. */
export async function encodeProduce(request: ProduceRequest): Promise<Payload> {
  const { acks, timeout, topicData, transactionalId = null, compression = 0 } = request
  const batch = {
    compression,
    transactional: transactionalId !== null && transactionalId !== '',
    producerId: Number(String(request.producerId ?? -1)),
    producerEpoch: request.producerEpoch ?? 0,
    timestampMs: Date.now(),
  }
  const buf = lendMemory(topicData, HEADROOM_BYTES + bytesMax(topicData, transactionalId, compression !== 0))
  let at = writeString(buf, transactionalId, HEADROOM_BYTES)
  at = buf.writeInt16BE(acks, at)
  at = buf.writeInt32BE(timeout, at)
  at = buf.writeInt32BE(topicData.length, at)
  for (const { topic, partitions } of topicData) {
    at = writeString(buf, topic, at)
    at = buf.writeInt32BE(partitions.length, at)
    for (const { partition, messages, firstSequence = 0 } of partitions) {
      at = buf.writeInt32BE(partition, at)
      const end = await writeRecordBatch(buf, at + 4, messages, { ...batch, firstSequence })
      buf.writeInt32BE(end - at - 4, at)
      at = end
    }
  }
  return { buf, start: HEADROOM_BYTES, end: at }
}

function bytesMax(topicData: readonly TopicData[], transactionalId: string | null, compressed: boolean): number {
  let bytes = stringBytes(transactionalId) + 2 + 4 + 4
  for (const { topic, partitions } of topicData) {
    bytes += stringBytes(topic) + 4
    for (const { messages } of partitions) {
      const plain = batchBytesMax(messages)
      bytes += 4 + 4 + plain + (compressed ? (plain >>> 7) + INCOMPRESSIBLE_BYTES : 0)
    }
  }
  return bytes
}

function writeString(buf: Buffer, text: string | null, at: number): number {
  if (text === null) return buf.writeInt16BE(-1, at)
  return buf.write(text, buf.writeInt16BE(Buffer.byteLength(text), at)) + at + 2
}

/** Stock makes an encoder of 512 zeroed bytes for every record and three more around them, and sorts the times of the
 *  records as texts. */
export const applyProduceRequest = (): void =>
  replace('src/protocol/requests/produce/v3/request.js', (request: ProduceRequest) => ({
    apiKey: 0,
    apiVersion: 3,
    apiName: 'Produce',
    expectResponse: () => request.acks !== 0,
    encode: () => encodeProduce(request),
  }))
