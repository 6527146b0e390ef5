import { replace } from './modules.ts'
import type { Payload } from './produce-request.ts'

type Framed = {
  readonly correlationId: number
  readonly clientId: string
  readonly request: {
    readonly apiKey: number
    readonly apiVersion: number
    encode(): Promise<Payload | { readonly buffer: Buffer }>
  }
}

/** Size, api key, api version, correlation id and the length of the client id. */
const FIXED_BYTES = 4 + 2 + 2 + 4 + 2

/** Writes the header before a body that has room for it, and copies others once. Stock copies every body twice, into
 *  buffers of the next power of two that it fills with zeros first. */
export async function createRequest({ correlationId, clientId, request }: Framed): Promise<{ readonly buffer: Buffer }> {
  const payload = await request.encode()
  const idBytes = Buffer.byteLength(clientId)
  const headerBytes = FIXED_BYTES + idBytes
  const buffer =
    'buf' in payload && 'start' in payload && payload.start >= headerBytes
      ? payload.buf.subarray(payload.start - headerBytes, payload.end)
      : copied(headerBytes, 'start' in payload ? payload.buf.subarray(payload.start, payload.end) : payload.buffer)
  let at = buffer.writeInt32BE(buffer.length - 4, 0)
  at = buffer.writeInt16BE(request.apiKey, at)
  at = buffer.writeInt16BE(request.apiVersion, at)
  at = buffer.writeInt32BE(correlationId, at)
  at = buffer.writeInt16BE(idBytes, at)
  buffer.write(clientId, at)
  return { buffer }
}

function copied(headerBytes: number, body: Buffer): Buffer {
  const buffer = Buffer.allocUnsafe(headerBytes + body.length)
  buffer.set(body, headerBytes)
  return buffer
}

export const applyRequestFrame = (): void => replace('src/protocol/request.js', createRequest)
