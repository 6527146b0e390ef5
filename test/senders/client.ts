import { Agent, type IncomingMessage, request } from 'node:http'
import type { Call, Result, SenderDefinition } from './definition.ts'

const REDIRECTS_MAX = 5

export type Client = {
  send(address: string, call: Call): Promise<Result>
  /** Requests that were sent anew because the kept connection they were written to had just been closed. */
  readonly replays: number
  close(): void
}

type Raw = { readonly result: Result; readonly location: string | null; readonly isStale: boolean }

/** The HTTP of a sender: its connections, its time-out over all of an answer, redirects where it follows them. */
export function createClient({
  connection,
  timeoutMs,
  followsRedirects,
}: Pick<SenderDefinition, 'connection' | 'timeoutMs' | 'followsRedirects'>): Client {
  const agent = connection === 'kept' ? new Agent({ keepAlive: true }) : false
  let replays = 0

  async function once(url: URL, { method, body }: Pick<Call, 'method' | 'body'>): Promise<Raw> {
    const { promise, resolve } = Promise.withResolvers<Raw>()
    let isOver = false
    const end = (raw: Partial<Raw> & Pick<Raw, 'result'>): void => {
      if (isOver) return
      isOver = true
      clearTimeout(timer)
      resolve({ location: null, isStale: false, ...raw })
    }
    const headers = { 'user-agent': 'sender', ...(body === null ? { 'content-length': 0 } : { 'content-type': body.type }) }
    const sent = request(url, { method, agent, headers: method === 'GET' ? { 'user-agent': 'sender' } : headers }, (response) =>
      whole(response).then(
        (text) =>
          end({
            result: { kind: 'answered', status: response.statusCode ?? 0, body: text },
            location: response.headers.location ?? null,
          }),
        (error: NodeJS.ErrnoException) => end({ result: broken(error) }),
      ),
    )
    const timer = setTimeout(() => {
      end({ result: { kind: 'late' } })
      sent.destroy()
    }, timeoutMs)
    sent.on('error', (error: NodeJS.ErrnoException) => end({ result: broken(error), isStale: sent.reusedSocket && isReset(error) }))
    sent.end(body?.text)
    return promise
  }

  return {
    async send(address, call) {
      let url = new URL(address)
      for (const [name, value] of call.params) url.searchParams.append(name, value)
      let raw = await once(url, call)
      // As Go's and curl's clients do for a request that may be repeated: https://nodejs.org/api/http.html#requestreusedsocket
      if (raw.isStale && call.method === 'GET') {
        replays++
        raw = await once(url, call)
      }
      for (let left = REDIRECTS_MAX; followsRedirects && raw.location !== null && left > 0; left--) {
        url = new URL(raw.location, url)
        raw = await once(url, { method: 'GET', body: null })
      }
      return raw.result
    },
    get replays() {
      return replays
    },
    close() {
      if (agent !== false) agent.destroy()
    },
  }
}

async function whole(response: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of response.setEncoding('utf8')) text += chunk
  return text
}

const isReset = (error: NodeJS.ErrnoException): boolean => error.code === 'ECONNRESET' || error.code === 'EPIPE'
const broken = (error: NodeJS.ErrnoException): Result => ({ kind: 'broken', why: error.code ?? error.message })
