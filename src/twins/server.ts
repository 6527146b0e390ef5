import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { listen } from '../observe/admin.ts'
import type { Log } from '../observe/log.ts'
import { control } from './control.ts'
import { createLedger, masked } from './ledger.ts'
import { playback, Script } from './script.ts'
import type { Twin, TwinReply, TwinRequest } from './twin.ts'

const BODY_MAX_BYTES = 20_000_000
const MINUTE_MS = 60_000

/** Serves one twin and its control on one port; port 0 takes a free one. Throws Fault `port_taken`. */
export async function serveTwin(deps: {
  twin: Twin
  port: number
  host: string
  nowMs: () => number
  log: Log
}): Promise<{ url: string; close(): Promise<void> }> {
  const { twin, nowMs, log } = deps
  const ledger = createLedger()
  const closing = new AbortController()
  let script: Script = Script.parse({})
  let next = playback(script)
  const play = (given: Script) => {
    script = given
    next = playback(given)
  }
  let minute = { startMs: 0, requests: 0 }

  const overRate = (): boolean => {
    if (script.requests_per_min === null) return false
    if (nowMs() - minute.startMs >= MINUTE_MS) minute = { startMs: nowMs(), requests: 0 }
    minute.requests += 1
    return minute.requests > script.requests_per_min
  }

  async function platformReply(request: TwinRequest): Promise<TwinReply> {
    const scripted = twin.unscripted.includes(request.path) ? undefined : next()
    if (scripted?.delay_ms !== undefined) await delay(scripted.delay_ms, undefined, { signal: closing.signal })
    if (scripted?.status !== undefined) {
      const { status, body = '', headers = {} } = scripted
      return { status, body, headers }
    }
    return overRate() ? twin.tooMany() : twin.handle(request, nowMs())
  }

  async function serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const text = await readBody(incoming)
    if (text === undefined) return send(response, { status: 413, body: 'too large' })
    const request = toRequest(incoming, text)
    if (request.path.startsWith('/_twin/')) return send(response, control(request, { twin, ledger, play }))
    const at = new Date(nowMs()).toISOString()
    const reply = await platformReply(request)
    const { method, path, query, headers, json } = request
    ledger.add(
      {
        at,
        method,
        path,
        query: masked(query),
        headers: masked(headers),
        body: json === undefined ? maskedForm(headers, text) : masked(json),
        reply: { status: reply.status, body: masked(reply.body) },
      },
      text.length + 1_000,
    )
    send(response, reply)
  }

  const server = createServer((incoming, response) => {
    serve(incoming, response).catch((error: unknown) => {
      response.destroy()
      const left = closing.signal.aborted || !incoming.complete
      if (!left) log.error({ twin: twin.name, error: String(error) }, 'twin failed at a request')
    })
  })
  server.keepAliveTimeout = MINUTE_MS // longer than a client keeps an idle connection
  await listen(server, { port: deps.port, host: deps.host })
  const { port } = server.address() as AddressInfo // it listens on TCP
  return {
    url: `http://${deps.host}:${port}`,
    close() {
      closing.abort()
      return closed(server)
    },
  }
}

function closed(server: Server): Promise<void> {
  return new Promise((done) => {
    server.close(() => done())
    server.closeAllConnections()
  })
}

async function readBody(incoming: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of incoming) {
    bytes += (chunk as Buffer).length
    if (bytes > BODY_MAX_BYTES) return undefined
    chunks.push(chunk as Buffer)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function toRequest({ method = 'GET', url = '/', headers }: IncomingMessage, text: string): TwinRequest {
  const { pathname, searchParams } = new URL(url, 'http://twin')
  return {
    method,
    path: pathname,
    query: Object.fromEntries(searchParams),
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)])),
    text,
    json: parse(text),
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

/** What cannot be taken apart cannot be masked, so it is not kept. */
function maskedForm(headers: TwinRequest['headers'], text: string): unknown {
  if (headers['content-type']?.startsWith('application/x-www-form-urlencoded')) return masked(Object.fromEntries(new URLSearchParams(text)))
  return text === '' ? '' : `[${text.length} characters that are not JSON]`
}

function send(response: ServerResponse, { status, body, headers = {} }: TwinReply): void {
  const isText = typeof body === 'string'
  const type = isText ? (body.startsWith('<') ? 'text/html' : 'text/plain') : 'application/json'
  response.writeHead(status, { 'content-type': type, ...headers }).end(isText ? body : JSON.stringify(body))
}
