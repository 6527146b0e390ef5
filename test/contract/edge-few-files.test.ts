import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { connect, type Socket } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { key } from '../../src/edge/edge-double.ts'

const FILES = 400
const IDLE = 800
const PATH = '/api/v1/postback/conversions'

/** An edge whose broker takes nothing, so that each postback needs a file of the spool. */
const PROGRAM = `
import { startEdge } from './src/edge/edge-double.ts'
import { ProducerFault } from './src/kafka/fault.ts'
const edge = await startEdge()
edge.broker.answer = () => Promise.reject(new ProducerFault('ack_timeout', 'away'))
process.send(edge.port)
`
let child: ChildProcess | null = null
const sockets: Socket[] = []
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy()
  child?.kill('SIGKILL')
})

test('L4: more connections than the process may have files: it keeps the files its spool needs, whoever is connected is served, and who says nothing is cut', async () => {
  const args = ['--disable-warning=ExperimentalWarning', '--input-type=module-typescript', '-e', PROGRAM]
  child = spawn('sh', ['-c', `ulimit -n ${FILES}; exec "$0" "$@"`, process.execPath, ...args], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const [port] = (await once(child, 'message')) as [number]
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const post = (n: number): Promise<{ status: number; durability: string }> =>
    new Promise((resolve, reject) => {
      request({ port, agent, path: `${PATH}?key=${key('tracker')}&event=Lead&click_id=c${n}` }, (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (chunk) => {
          text += chunk
        })
        response.on('end', () => resolve({ status: response.statusCode ?? 0, durability: JSON.parse(text).durability }))
      })
        .on('error', reject)
        .end()
    })
  expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200)
  const currencies = request({ port, agent, path: `${PATH}/currencies` })
  currencies.end()
  const [response] = await once(currencies, 'response')
  response.resume()
  await once(response, 'end')

  for (let n = 0; n < IDLE; n++)
    sockets.push(
      connect(port, '127.0.0.1')
        .on('error', () => undefined)
        .resume(),
    )
  // Those beyond the bound are closed at once.
  await expect.poll(() => sockets.filter(({ destroyed }) => destroyed).length, { timeout: 10_000 }).toBeGreaterThan(IDLE - FILES)
  for (let n = 0; n < 20; n++) expect(await post(n)).toEqual({ status: 200, durability: 'spool' })

  await expect.poll(() => sockets.filter(({ destroyed }) => !destroyed).length, { timeout: 30_000 }).toBe(0)
  expect((await fetch(`http://127.0.0.1:${port}${PATH}?key=${key('tracker')}&event=Lead&click_id=new`)).status).toBe(200)
  agent.destroy()
}, 60_000)
