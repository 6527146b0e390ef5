import { connect } from 'node:net'

export type Answered = { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: string }
/** What came back for some bytes. `rest`: what is no whole answer. `isClosed`: the server ended the connection. */
export type Exchange = { readonly answers: readonly Answered[]; readonly rest: string; readonly isClosed: boolean }

/** After a whole answer an open connection is looked at so long for another. */
const QUIET_MS = 150
/** The server cuts slow requests after 15 s; one that answers at all may have much to do before. */
const GIVE_UP_MS = 90_000

/** Sends bytes that no client library would, and reads all that the server says to them. */
export function exchange(url: string, bytes: Uint8Array): Promise<Exchange> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    const socket = connect(Number(port), hostname, () => socket.write(bytes))
    let timer = setTimeout(() => done(false), GIVE_UP_MS)
    const done = (isClosed: boolean): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve({ ...answersIn(Buffer.concat(chunks)), isClosed })
    }
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      const { answers, rest } = answersIn(Buffer.concat(chunks))
      if (answers.length === 0 || rest !== '') return
      clearTimeout(timer)
      timer = setTimeout(() => done(false), QUIET_MS)
    })
    // A server that refuses closes while we still send, which may reset the connection.
    socket.on('error', () => undefined).on('close', () => done(true))
  })
}

/** The answers that are whole, by Content-Length, chunks, or the end of a status without a body. */
function answersIn(bytes: Buffer): { answers: Answered[]; rest: string } {
  const answers: Answered[] = []
  let text = bytes.toString('latin1')
  for (;;) {
    const end = text.indexOf('\r\n\r\n')
    if (end === -1) return { answers, rest: text }
    const [first = '', ...lines] = text.slice(0, end).split('\r\n')
    const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(first)?.[1] ?? Number.NaN)
    const headers = Object.fromEntries(
      lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
    )
    const from = end + 4
    const body = bodyIn(text.slice(from), status, headers)
    if (body === null) return { answers, rest: text }
    if (status >= 200) answers.push({ status, headers, body: body.text })
    text = text.slice(from + body.length)
    if (text === '') return { answers, rest: '' }
  }
}

function bodyIn(text: string, status: number, headers: Readonly<Record<string, string>>): { text: string; length: number } | null {
  if (status < 200 || status === 204 || status === 304) return { text: '', length: 0 }
  if (headers['transfer-encoding'] === 'chunked') return chunksIn(text)
  const length = Number(headers['content-length'] ?? 0)
  return text.length < length ? null : { text: text.slice(0, length), length }
}

function chunksIn(text: string): { text: string; length: number } | null {
  let body = ''
  let at = 0
  for (;;) {
    const line = text.indexOf('\r\n', at)
    if (line === -1) return null
    const size = Number.parseInt(text.slice(at, line), 16)
    const end = line + 2 + size + 2
    if (text.length < end) return null
    if (size === 0) return { text: body, length: end }
    body += text.slice(line + 2, line + 2 + size)
    at = end
  }
}
