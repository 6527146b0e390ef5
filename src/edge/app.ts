import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import Koa from 'koa'
import { type Answer, overloaded } from '../api/answer.ts'
import { type Pairs, parsePairs } from '../api/read/params.ts'
import { lacksHost, NO_HOST, type ParserError, refuse, UNMET_EXPECTATION } from '../api/unread-request.ts'
import { createBrokenRequests } from './broken-request.ts'
import { createClientAddress } from './client-address.ts'
import { connectionsFor, openFilesMax } from './connections-max.ts'
import type { EdgeDeps } from './deps.ts'
import { createPressure, Overloaded } from './pressure.ts'
import { type EdgeRequest, readBody } from './request.ts'
import { route } from './routes.ts'

const HEADERS_MAX_BYTES = 16 * 1024
const HEADERS_WITHIN_MS = 10_000
const REQUEST_WITHIN_MS = 15_000
/** Node looks for slow clients this often. */
const CHECK_EVERY_MS = 1_000
/** Of a connection on which nothing moves: one that waits for its next request, or whose reader has stopped amid our answer. The load
 *  balancers before us keep theirs for 60 seconds. */
const STILL_MS = 65_000
/** What we tell of it: who sends just then would find nobody. */
const KEPT_S = 60
/** Of an edge that closes: who has not sent his request by then is cut. */
const CUT_AFTER_MS = 4_000

/** On every answer: the addresses carry keys, so they must not be kept, shown to others, or read as something else. */
const SECURITY_HEADERS = {
  'strict-transport-security': 'max-age=31536000; includeSubDomains',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
  'x-robots-tag': 'noindex',
} as const

const LINES = Object.entries({ ...SECURITY_HEADERS, 'keep-alive': `timeout=${KEPT_S}` }).flat()
const LAST_LINES = Object.entries({ ...SECURITY_HEADERS, connection: 'close' }).flat()

/** Koa, but for what it makes of each request, and does to each answer before and after the middleware: ours looks at Node's own two
 *  alone, writes its answers whole, and never rejects. */
class Door extends Koa {
  override createContext(req: IncomingMessage, res: ServerResponse): Koa.ParameterizedContext {
    return { req, res } as Koa.ParameterizedContext // nothing else of it is asked for
  }

  handleRequest(context: Koa.Context, run: (context: Koa.Context) => Promise<void>): Promise<void> {
    return run(context)
  }
}

export type Edge = {
  /** Not yet listening; its limits of time and size are set. */
  readonly server: Server
  /** Takes no new connections, answers what is under way. */
  close(): Promise<void>
}

/** The public door. */
export function createEdge(deps: EdgeDeps): Edge {
  const app = new Door()
  const clientOf = createClientAddress(deps.trustedProxies)
  const pressure = createPressure({ storageBytes: () => deps.storage.bytes, metrics: deps.metrics })

  app.use(async (ctx) => {
    const body = { heldBytes: 0 }
    const answer = await answerTo(requestOf(ctx.req, body))
    pressure.release(body.heldBytes)
    try {
      if (answer === null) ctx.res.destroy()
      else write(ctx.res, answer)
    } catch (error) {
      deps.log.error({ error: error instanceof Error ? error.name : 'unknown', frames: framesOf(error) }, 'an answer could not be written')
      ctx.res.destroy()
    }
  })

  function requestOf(req: IncomingMessage, body: { heldBytes: number }): EdgeRequest {
    const url = req.url ?? '/'
    const at = url.indexOf('?')
    const header = (name: string): string => String(req.headers[name] ?? '')
    const query = at === -1 ? '' : url.slice(at + 1)
    let pairs: Pairs | null = null
    return {
      method: req.method ?? 'GET',
      path: at === -1 ? url : url.slice(0, at),
      query,
      pairs() {
        pairs ??= parsePairs(query)
        return pairs
      },
      client: clientOf(
        req.socket.remoteAddress ?? '',
        (req.socket as Partial<TLSSocket>).encrypted === true,
        header('x-forwarded-for') || undefined,
        header('x-forwarded-proto') || undefined,
      ),
      header,
      read: (maxBytes) =>
        readBody(req, maxBytes, (bytes) => {
          pressure.hold(bytes)
          body.heldBytes += bytes
        }),
    }
  }

  /** null: the sender is gone. Never rejects. */
  async function answerTo(request: EdgeRequest): Promise<Answer | null> {
    try {
      const { name, answer: going } = route(deps, request)
      const answer = await going
      deps.metrics.count('edge_answers_total', { route: name, status: String(answer?.status ?? 'aborted') })
      return answer
    } catch (error) {
      if (error instanceof Overloaded) return overloaded()
      deps.log.error({ error: error instanceof Error ? error.name : 'unknown', frames: framesOf(error) }, 'a request could not be handled')
      deps.metrics.count('edge_answers_total', { route: 'failed', status: '503' })
      return overloaded()
    }
  }

  /** No answer has a header of its own under a name that stands here: it would be sent twice. */
  function write(response: ServerResponse, { status, type, body, headers }: Answer): void {
    const lines = deps.draining() || !response.shouldKeepAlive ? [...LAST_LINES] : [...LINES]
    for (const name in headers) lines.push(name, headers[name] as string)
    if (type !== '') lines.push('content-type', type)
    if (body !== null) lines.push('content-length', String(Buffer.byteLength(body)))
    response.writeHead(status, lines).end(body)
  }

  const shed = overloaded()
  const handle = app.callback()
  const options = {
    maxHeaderSize: HEADERS_MAX_BYTES,
    connectionsCheckingInterval: CHECK_EVERY_MS,
    requireHostHeader: false,
    optimizeEmptyRequests: true,
  }
  const server = createServer(options, (request, response) => {
    if (lacksHost(request)) return refuse(response, NO_HOST, SECURITY_HEADERS)
    // Whether we are alive is asked most when we are busy.
    if (!pressure.shed() || /^\/(healthz|readyz)$/.test(request.url ?? '')) return handle(request, response)
    write(response, shed)
  })
  server.headersTimeout = HEADERS_WITHIN_MS
  server.requestTimeout = REQUEST_WITHIN_MS
  // One limit for both: with one of its own for connections that wait, Node sets a timer anew twice a request.
  server.keepAliveTimeout = 0
  server.timeout = STILL_MS
  server.maxConnections = connectionsFor(openFilesMax())
  server.on('checkExpectation', (_, response) => refuse(response, UNMET_EXPECTATION, SECURITY_HEADERS))
  const answerBroken = createBrokenRequests(deps, clientOf, SECURITY_HEADERS)
  server.on('clientError', (error: ParserError, socket) => {
    answerBroken(error, socket as Socket).catch((fault: unknown) => {
      deps.log.error({ error: fault instanceof Error ? fault.name : 'unknown' }, 'a broken request could not be answered')
      socket.destroy()
    })
  })
  return {
    server,
    async close() {
      pressure.close()
      const cut = setTimeout(() => server.closeAllConnections(), CUT_AFTER_MS)
      await new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeIdleConnections()
      })
      clearTimeout(cut)
    },
  }
}

/** The message of an error may hold what was sent; where it was thrown does not. */
function framesOf(error: unknown): string[] {
  const stack = error instanceof Error ? (error.stack ?? '') : ''
  return stack
    .split('\n')
    .filter((line) => line.startsWith('    at '))
    .slice(0, 5)
}
