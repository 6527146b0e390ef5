import { stock } from './modules.ts'

/** kafkajs's encoder and decoder, as far as the request versions we add need them. */
export type Encoder = {
  writeInt16(value: number): Encoder
  writeInt32(value: number): Encoder
  writeInt64(value: string | number): Encoder
  writeBoolean(value: boolean): Encoder
  writeUVarInt(value: number): Encoder
  /** The bytes as they are, without a length. */
  writeBuffer(value: Buffer): Encoder
  writeUVarIntString(value: string | null): Encoder
  writeUVarIntArray(items: Encoder[]): Encoder
}
export type Decoder = {
  readInt16(): number
  readInt32(): number
  readInt64(): { toString(): string }
  readBoolean(): boolean
  /** So many bytes, a view into the response. */
  readBytes(length: number): Buffer
  readUVarIntString(): string | null
  readUVarIntArray<T>(reader: (decoder: Decoder) => T): T[]
  readTaggedFields(): unknown
}

export function newEncoder(): Encoder {
  const Encoder = stock('src/protocol/encoder.js') as new () => Encoder
  return new Encoder()
}

export function newDecoder(bytes: Buffer): Decoder {
  const Decoder = stock('src/protocol/decoder.js') as new (bytes: Buffer) => Decoder
  return new Decoder(bytes)
}

/** Flexible versions end every structure with tagged fields; we never send any. */
export const endStructure = (encoder: Encoder): Encoder => encoder.writeUVarInt(0)

/** kafkajs's own error for a code that is not 0. */
export const errorOf = (errorCode: number): Error => {
  const { createErrorFromCode } = stock('src/protocol/error.js') as { createErrorFromCode(code: number): Error }
  return createErrorFromCode(errorCode)
}
export function failOn(errorCode: number): void {
  if (errorCode !== 0) throw errorOf(errorCode)
}

export const apiKey = (name: 'TxnOffsetCommit' | 'OffsetFetch' | 'Metadata'): number =>
  (stock('src/protocol/requests/apiKeys.js') as Record<string, number>)[name] as number // both are in the table of 2.2.4
