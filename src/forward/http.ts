import { Agent, request as send } from 'undici'
import type { HttpReply, HttpRequest } from '../platforms/definition.ts'

/** An answer, or why there is none. After a `timeout` nobody knows whether the platform took the request. */
export type Called =
  | { readonly kind: 'reply'; readonly reply: HttpReply; readonly latencyMs: number }
  | { readonly kind: 'unreachable' | 'timeout'; readonly detail: string; readonly latencyMs: number }

export type Http = { call(request: HttpRequest, timeoutMs: number): Promise<Called>; close(): Promise<void> }

/** Answers are read up to here; no platform's own is longer, and an error page of a proxy may be. */
const REPLY_MAX_BYTES = 1_048_576
const TIMEOUTS = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT', 'UND_ERR_ABORTED', 'ABORT_ERR', 'TimeoutError'])

/** One pool of connections per host. Redirects are not followed: an answer that leads elsewhere is no acceptance. */
export function createHttp(options: { readonly connections: number }): Http {
  const agent = new Agent({ connections: options.connections, connect: { timeout: 3_000 }, pipelining: 1 })
  return {
    async call({ method, url, headers, body }, timeoutMs) {
      const started = performance.now()
      const latency = () => Math.round(performance.now() - started)
      try {
        const response = await send(url, {
          dispatcher: agent,
          method,
          headers,
          signal: AbortSignal.timeout(timeoutMs),
          ...(body === undefined ? {} : { body }),
        })
        const chunks: Buffer[] = []
        let bytes = 0
        for await (const chunk of response.body) {
          bytes += (chunk as Buffer).length
          if (bytes > REPLY_MAX_BYTES)
            return { kind: 'unreachable', detail: `answer longer than ${REPLY_MAX_BYTES} bytes`, latencyMs: latency() }
          chunks.push(chunk as Buffer)
        }
        const flat = Object.entries(response.headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]))
        const reply = { status: response.statusCode, headers: Object.fromEntries(flat), body: Buffer.concat(chunks).toString() }
        return { kind: 'reply', reply, latencyMs: latency() }
      } catch (error) {
        const { code, name, message } = error as NodeJS.ErrnoException
        const kind = TIMEOUTS.has(code ?? '') || TIMEOUTS.has(name) ? 'timeout' : 'unreachable'
        return { kind, detail: code ?? message, latencyMs: latency() }
      }
    },
    close: () => agent.close(),
  }
}
