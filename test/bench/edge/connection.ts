import { connect } from 'node:net'

export type Answer = { readonly status: number; readonly body: string }
export type Connection = {
  /** One at a time: the next after the answer. */
  send(request: string): void
  close(): void
}

const LENGTH = /\r\ncontent-length: *(\d+)/i

/** One keep-alive connection that costs little, so that what is measured is the server: a client of node:http takes about as
 *  much CPU as a bare server. `onEnd` hears of a connection that was closed by the other side, or of an answer it cannot read. */
export function openConnection(host: string, port: number, onAnswer: (answer: Answer) => void, onEnd: (why: string) => void): Connection {
  const socket = connect({ host, port, noDelay: true }).setEncoding('latin1') // one character a byte, as Content-Length counts
  let text = ''
  socket.on('data', (chunk) => {
    text += chunk
    const headEnd = text.indexOf('\r\n\r\n')
    if (headEnd < 0) return
    const status = Number(text.slice(9, 12))
    const length = status === 204 ? '0' : LENGTH.exec(text.slice(0, headEnd))?.[1]
    if (length === undefined) return void socket.destroy(new Error('an answer without Content-Length'))
    const end = headEnd + 4 + Number(length)
    if (text.length < end) return
    const answer = { status, body: text.slice(headEnd + 4, end) }
    text = text.slice(end)
    onAnswer(answer)
  })
  let ended = false
  const end = (why: string): void => {
    if (!ended) onEnd(why)
    ended = true
  }
  socket.on('error', (error) => end(error.message))
  socket.on('close', () => end('closed'))
  return {
    send: (request) => void socket.write(request, 'latin1'),
    close() {
      ended = true
      socket.destroy()
    },
  }
}
