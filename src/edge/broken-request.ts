import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { parsePairs } from '../api/read/params.ts'
import { readRefused } from '../api/read/request.ts'
import { asPacket, brokenAnswer, brokenDetail, type ParserError } from '../api/unread-request.ts'
import type { createClientAddress } from './client-address.ts'
import { contextFor } from './conversions.ts'
import type { EdgeDeps } from './deps.ts'
import { keyOf, openGate } from './gate.ts'
import { takeRow } from './limits/admit.ts'
import { storePostback } from './produce.ts'
import type { EdgeRequest } from './request.ts'
import { CONVERSIONS } from './routes.ts'

const LINE_MAX = 64 * 1024

/** Answers what never became a request, as every other answer: as a problem, with the headers of all. When its first line holds
 *  a good key of postbacks a row in quarantine tells the workspace; the raw text is kept nowhere. */
export function createBrokenRequests(
  deps: EdgeDeps,
  clientOf: ReturnType<typeof createClientAddress>,
  securityHeaders: Readonly<Record<string, string>>,
) {
  return async (error: ParserError, socket: Socket): Promise<void> => {
    deps.metrics.count('edge_broken_requests_total', { code: error.code ?? 'unknown' })
    // An answer that is under way must not be written into.
    const { _httpMessage: current } = socket as Socket & { readonly _httpMessage?: ServerResponse }
    if (error.code === 'ECONNRESET' || !socket.writable || current?.headersSent === true) {
      socket.destroy()
      return
    }
    await noteRow(error, socket, brokenDetail(error))
    if (socket.writable) socket.end(asPacket(brokenAnswer(error), securityHeaders))
  }

  async function noteRow(error: ParserError, socket: Socket, message: string): Promise<void> {
    const sent = firstLine(error)
    if (sent === null) return
    const header = (name: string): string | undefined => new RegExp(`\\r\\n${name}:[ \\t]*([^\\r\\n]{1,200})`, 'i').exec(sent.headers)?.[1]
    const request: EdgeRequest = {
      method: sent.method,
      path: CONVERSIONS,
      query: '',
      pairs: () => parsePairs(''),
      client: clientOf(
        socket.remoteAddress ?? '',
        (socket as Partial<TLSSocket>).encrypted === true,
        header('x-forwarded-for'),
        header('x-forwarded-proto'),
      ),
      header: () => '',
      read: () => Promise.resolve({ kind: 'aborted' }),
    }
    const gate = openGate(deps, request, sent.key, 'pbk1')
    if (gate.kind === 'shut') return
    const problem = { code: 'unreadable', param: '', message, fix: 'Percent-encode every value of the URL once and keep it under 16 kB.' }
    const row = readRefused(sent.method, '', problem, contextFor(deps, request, gate))
    if (takeRow(deps, gate, row).why !== null) return
    await storePostback(deps, row.postback)
  }
}

/** The request line that broke, as far as it came: of several requests in one packet the last before the fault. null: none of
 *  a route of postbacks with something like a key. */
function firstLine({ rawPacket, bytesParsed }: ParserError): { method: string; key: string; headers: string } | null {
  const text = rawPacket?.subarray(0, LINE_MAX).toString('latin1') ?? ''
  const start = [...text.matchAll(/(?:^|\r?\n)(GET|POST) (?=\/)/g)].findLast(({ index }) => index <= (bytesParsed ?? 0))
  if (start === undefined) return null
  const from = text.slice(start.index + start[0].length)
  const end = from.search(/\r?\n/)
  const target = (end === -1 ? from : from.slice(0, end)).replace(/ HTTP\/[\d.]+$/, '')
  const at = target.indexOf('?')
  const path = at === -1 ? target : target.slice(0, at)
  if (path !== CONVERSIONS && !path.startsWith(`${CONVERSIONS}/`)) return null
  const inPath = path.slice(CONVERSIONS.length + 1)
  const key = inPath === '' || inPath === 'batch' ? keyOf(parsePairs(at === -1 ? '' : target.slice(at + 1))) : inPath
  return key === '' ? null : { method: start[1] ?? 'GET', key, headers: end === -1 ? '' : from.slice(end) }
}
