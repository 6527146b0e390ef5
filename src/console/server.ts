import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { asPacket, brokenAnswer, lacksHost, NO_HOST, type ParserError, refuse, UNMET_EXPECTATION } from '../api/unread-request.ts'
import { SECURITY_HEADERS } from './headers.ts'

const HEADERS_MAX_BYTES = 16 * 1024
const REQUEST_WITHIN_MS = 15_000

/** The server of page and API, not yet listening. What never becomes a request of a route is answered as every other refusal. */
export function createConsoleServer(handle: RequestListener): Server {
  const server = createServer({ maxHeaderSize: HEADERS_MAX_BYTES, requireHostHeader: false }, (request, response) => {
    if (lacksHost(request)) refuse(response, NO_HOST, SECURITY_HEADERS)
    else handle(request, response)
  })
  server.requestTimeout = REQUEST_WITHIN_MS
  server.on('checkExpectation', (_, response) => refuse(response, UNMET_EXPECTATION, SECURITY_HEADERS))
  server.on('clientError', (error: ParserError, socket) => {
    // An answer that is under way must not be written into.
    const { _httpMessage: current } = socket as Socket & { readonly _httpMessage?: ServerResponse }
    if (error.code === 'ECONNRESET' || !socket.writable || current?.headersSent === true) socket.destroy()
    else socket.end(asPacket(brokenAnswer(error), SECURITY_HEADERS))
  })
  return server
}
