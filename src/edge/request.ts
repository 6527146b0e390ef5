import type { IncomingMessage } from 'node:http'
import type { Pairs } from '../api/read/params.ts'
import type { Client } from './client-address.ts'
import type { Pressure } from './pressure.ts'

/** A request as the handlers see it; the body is read only when one asks. */
export type EdgeRequest = {
  readonly method: string
  readonly path: string
  /** What follows the `?`, as it came. */
  readonly query: string
  /** The query decoded, once for all who ask. */
  pairs(): Pairs
  readonly client: Client
  header(name: string): string
  read(maxBytes: number): Promise<ReadBody>
}

export type ReadBody = { readonly kind: 'bytes'; readonly bytes: Buffer } | { readonly kind: 'too_large' } | { readonly kind: 'aborted' }

/** Collects a body of at most `maxBytes`. What is announced or grows larger is not kept; Node discards the rest. What is collected is
 *  told to `hold`; rejects with Overloaded when there is no room for it. */
export function readBody(request: IncomingMessage, maxBytes: number, hold: Pressure['hold']): Promise<ReadBody> {
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) return Promise.resolve({ kind: 'too_large' })
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    const end = (result: ReadBody): void => {
      request.off('data', onData).off('end', onEnd).off('error', onBroken).off('close', onBroken)
      resolve(result)
    }
    const onData = (chunk: Buffer): void => {
      size += chunk.length
      if (size > maxBytes) {
        end({ kind: 'too_large' })
        request.resume()
        return
      }
      try {
        hold(chunk.length)
      } catch (error) {
        reject(error)
        end({ kind: 'aborted' })
        request.resume()
        return
      }
      chunks.push(chunk)
    }
    const onEnd = (): void => end({ kind: 'bytes', bytes: chunks.length === 1 ? (chunks[0] ?? Buffer.alloc(0)) : Buffer.concat(chunks) })
    const onBroken = (): void => end({ kind: 'aborted' })
    request.on('data', onData).on('end', onEnd).on('error', onBroken).on('close', onBroken)
  })
}
