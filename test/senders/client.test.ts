import { createServer, type RequestListener, type Server } from 'node:http'
import { afterEach, expect, test } from 'vitest'
import { createClient } from './client.ts'
import type { Call } from './definition.ts'

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  servers.push(server)
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`
}

const get: Call = { method: 'GET', params: [['click_id', 'a&b']], body: null }
const post: Call = { ...get, method: 'POST' }
const kept = { connection: 'kept', timeoutMs: 5_000, followsRedirects: false } as const

test('parameters are encoded and added to what the address has', async () => {
  const url = await serve((request, response) => response.end(`${request.method} ${request.url}`))
  const client = createClient({ ...kept, connection: 'new' })
  expect(await client.send(`${url}/p?key=k`, post)).toMatchObject({ status: 200, body: 'POST /p?key=k&click_id=a%26b' })
})

test('an answer that does not end within the time-out is late', async () => {
  const url = await serve((_, response) => response.write('half'))
  const client = createClient({ ...kept, timeoutMs: 50 })
  expect(await client.send(url, get)).toEqual({ kind: 'late' })
  client.close()
})

test('a redirect is followed by who follows redirects, and is an answer to others', async () => {
  const url = await serve((request, response) => {
    if (request.url?.startsWith('/there')) response.end('there')
    else response.writeHead(302, { location: '/there' }).end()
  })
  expect(await createClient({ ...kept, connection: 'new' }).send(url, get)).toMatchObject({ status: 302 })
  expect(await createClient({ ...kept, connection: 'new', followsRedirects: true }).send(url, get)).toMatchObject({ body: 'there' })
})

test('where nobody listens it is broken', async () => {
  const url = await serve(() => undefined)
  servers.splice(0).at(0)?.close()
  expect(await createClient(kept).send(url, get)).toEqual({ kind: 'broken', why: 'ECONNREFUSED' })
})

test('a kept connection that is closed before an answer: a GET is sent anew once, a POST is broken', async () => {
  let requests = 0
  const url = await serve((request, response) => {
    requests++
    if (requests % 2 === 0) request.socket.resetAndDestroy()
    else response.end(String(requests))
  })
  const client = createClient(kept)
  expect(await client.send(url, get)).toMatchObject({ body: '1' })
  expect(await client.send(url, get)).toMatchObject({ body: '3' })
  expect(client.replays).toBe(1)
  expect(await client.send(url, post)).toEqual({ kind: 'broken', why: 'ECONNRESET' })
  client.close()
})
