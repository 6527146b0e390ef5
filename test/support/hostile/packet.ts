/** One thing that somebody might send to do harm, or because of a fault of his own. */
export type Hostile = {
  readonly name: string
  readonly bytes: Uint8Array
  /** What it must be answered with; absent: anything below 500. */
  readonly status?: readonly number[]
  /** True where the server may hang up without a word. */
  readonly maySay?: 'nothing'
  /** True where one answer and the end of the connection is all that may come: what follows could be another's request. */
  readonly endsThere?: true
}

const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1')

/** Bytes as they stand, each character one byte. */
export const packet = (text: string): Uint8Array => latin1(text)

/** A GET with well-formed headers around whatever `target` is. */
export const get = (target: string, headers: readonly string[] = [], method = 'GET'): Uint8Array =>
  latin1([`${method} ${target} HTTP/1.1`, 'Host: x', 'Connection: close', ...headers, '', ''].join('\r\n'))

/** A request with a well-formed length around whatever `body` is. A type of '' is not sent. */
export function post(
  target: string,
  body: string | Uint8Array,
  { type = 'application/json', headers = [], method = 'POST' }: { type?: string; headers?: readonly string[]; method?: string } = {},
): Uint8Array {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body
  const own = type === '' ? [] : [`Content-Type: ${type}`]
  const head = [
    `${method} ${target} HTTP/1.1`,
    'Host: x',
    'Connection: close',
    ...own,
    `Content-Length: ${bytes.length}`,
    ...headers,
    '',
    '',
  ]
  return Buffer.concat([latin1(head.join('\r\n')), bytes])
}
