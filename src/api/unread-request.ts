import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http'
import { type Answer, type ProblemCode, problemBody } from './answer.ts'

/** What Node's server gives for bytes that it cannot read as a request. */
export type ParserError = Error & { readonly code?: string; readonly rawPacket?: Buffer; readonly bytesParsed?: number }

/** By Node's code of the error; the others are 400. */
const BROKEN: Readonly<Record<string, { readonly status: number; readonly code: ProblemCode; readonly detail: string }>> = {
  HPE_HEADER_OVERFLOW: { status: 431, code: 'body_too_large', detail: 'The URL and the headers together are larger than 16 kB.' },
  HPE_CHUNK_EXTENSIONS_OVERFLOW: { status: 413, code: 'body_too_large', detail: 'The chunk extensions are larger than the server takes.' },
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, code: 'validation_failed', detail: 'The request did not come to its end in time.' },
}
const NOT_HTTP = {
  status: 400,
  code: 'validation_failed',
  detail: 'The request is not valid HTTP. Percent-encode the URL (a blank is %20) and send one Content-Length.',
} as const

const told = (status: number, code: ProblemCode, detail: string): Answer => ({
  status,
  type: 'application/problem+json; charset=utf-8',
  body: JSON.stringify(problemBody(code, { status, detail })),
})

/** To what never became a request. */
export const brokenDetail = (error: ParserError): string => (BROKEN[error.code ?? ''] ?? NOT_HTTP).detail
export function brokenAnswer(error: ParserError): Answer {
  const { status, code, detail } = BROKEN[error.code ?? ''] ?? NOT_HTTP
  return told(status, code, detail)
}

/** https://www.rfc-editor.org/rfc/rfc9110#section-10.1.1 */
export const UNMET_EXPECTATION = told(417, 'validation_failed', 'Of Expect the server knows 100-continue alone. Leave the header out.')
/** https://www.rfc-editor.org/rfc/rfc9112#section-3.2 */
export const NO_HOST = told(400, 'validation_failed', 'A request of HTTP/1.1 needs the header Host.')
/** Node would refuse it without a word: a server that asks here is created with `requireHostHeader: false`. */
export const lacksHost = ({ httpVersion, headers }: IncomingMessage): boolean => headers.host === undefined && httpVersion === '1.1'

type Headers = Readonly<Record<string, string>>
const headersOf = ({ type, body, headers = {} }: Answer, own: Headers): Headers => ({
  ...own,
  ...headers,
  'content-type': type,
  'content-length': String(Buffer.byteLength(body ?? '')),
  connection: 'close',
})

/** The last answer of a connection, as bytes. */
export function asPacket(answer: Answer, own: Headers): string {
  const lines = Object.entries(headersOf(answer, own)).map(([name, value]) => `${name}: ${value}\r\n`)
  return `HTTP/1.1 ${answer.status} ${STATUS_CODES[answer.status] ?? ''}\r\n${lines.join('')}\r\n${answer.body ?? ''}`
}

/** The last answer of a connection, before any route was asked. */
export function refuse(response: ServerResponse, answer: Answer, own: Headers): void {
  response.writeHead(answer.status, headersOf(answer, own)).end(answer.body)
}
