import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { key, startEdge } from '../../src/edge/edge-double.ts'

let edge: Awaited<ReturnType<typeof startEdge>>
beforeAll(async () => {
  edge = await startEdge()
})
afterAll(() => edge.close())

const PATH = '/api/v1/postback/conversions'
/** Says `first`, then a byte of `rest` every second, and resolves with what it was answered once it is cut. */
function drip(first: string, rest: string): { socket: Socket; ended: Promise<string> } {
  const socket = connect(edge.port, '127.0.0.1')
  let said = ''
  socket.setEncoding('utf8').on('data', (text) => {
    said += text
  })
  socket.on('error', () => undefined)
  socket.write(first)
  let at = 0
  const timer = setInterval(() => socket.write(rest[at++] ?? 'x'), 1_000)
  const ended = new Promise<string>((resolve) => {
    socket.on('close', () => {
      clearInterval(timer)
      resolve(said)
    })
  })
  return { socket, ended }
}

test('F61: who sends headers or a body byte by byte is cut with 408, and meanwhile the others are served', async () => {
  const slow = [
    ...Array.from({ length: 100 }, () => drip(`GET ${PATH} HTTP/1.1\r\nhost: a\r\n`, 'x-slow: '.padEnd(60, 'a'))),
    ...Array.from({ length: 100 }, () =>
      drip(`POST ${PATH}?key=${key('tracker')} HTTP/1.1\r\nhost: a\r\ncontent-length: 1000\r\n\r\n`, 'event=Lead&'.padEnd(60, 'a')),
    ),
  ]
  const others = async () => {
    for (let n = 0; n < 50; n++)
      expect((await fetch(`${edge.url}${PATH}?key=${key('tracker')}&event=Lead&click_id=c${n}`)).status).toBe(200)
  }
  const [answers] = await Promise.all([Promise.all(slow.map(({ ended }) => ended)), others()])
  expect(answers.every((answer) => answer === '' || answer.startsWith('HTTP/1.1 408'))).toBe(true)
  // Of a request that never came to its end nothing was kept.
  expect(edge.sent).toHaveLength(50)
}, 60_000)

test('F72: a tracker that hangs up after it has sent is heard', async () => {
  const before = edge.sent.length
  for (let n = 0; n < 200; n++) {
    const socket = connect(edge.port, '127.0.0.1')
    socket.on('error', () => undefined)
    await new Promise<void>((resolve) =>
      socket.write(`GET ${PATH}?key=${key('tracker')}&event=Lead&click_id=gone${n} HTTP/1.1\r\nhost: a\r\n\r\n`, () => resolve()),
    )
    socket.end()
  }
  await expect.poll(() => edge.sent.length - before, { timeout: 10_000 }).toBe(200)
})

test('a-silent-connection-is-cut: it is kept for the next request, each answer tells for how long, and the last one that there is none', async () => {
  const asked = await fetch(`${edge.url}/healthz`)
  expect([asked.headers.get('connection'), asked.headers.get('keep-alive')]).toEqual(['keep-alive', 'timeout=60'])
  const once = await fetch(`${edge.url}/healthz`, { headers: { connection: 'close' } })
  expect([once.headers.get('connection'), once.headers.get('keep-alive')]).toEqual(['close', null])
  const closing = await startEdge({ draining: () => true })
  const last = await fetch(`${closing.url}/healthz`)
  expect([last.headers.get('connection'), last.headers.get('keep-alive')]).toEqual(['close', null])
  await closing.close()

  const impatient = await startEdge()
  impatient.server.timeout = 3_000
  const socket = connect(impatient.port, '127.0.0.1')
  const cut = new Promise<number>((resolve) => socket.once('close', () => resolve(answers)))
  let answers = 0
  socket.on('data', (bytes) => {
    answers += String(bytes).split('HTTP/1.1 200').length - 1
  })
  for (let n = 0; n < 3; n++) {
    socket.write('GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n')
    await expect.poll(() => answers).toBe(n + 1)
    await sleep(1_700) // together longer than it may be silent
  }
  expect(await cut).toBe(3)
  await impatient.close()
})
