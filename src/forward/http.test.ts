import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createHttp, type Http } from './http.ts'
import { kept } from './mask.ts'

let server: Server
let http: Http
let url: string

beforeEach(async () => {
  server = createServer((request, response) => {
    if (request.url === '/redirect') return response.writeHead(302, { location: '/ok' }).end()
    if (request.url === '/huge') return response.end('x'.repeat(2_000_000))
    if (request.url === '/cut') {
      response.writeHead(200, { 'content-length': '100' })
      response.write('half')
      return setTimeout(() => response.destroy(), 20)
    }
    if (request.url === '/silent') return
    response.end('fine')
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', () => done()))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  http = createHttp({ connections: 2 })
})
afterEach(async () => {
  await http.close()
  server.closeAllConnections()
  await new Promise((done) => server.close(done))
})
const get = (path: string, timeoutMs = 5_000) => http.call({ method: 'GET', url: `${url}${path}`, headers: {} }, timeoutMs)

test('an answer comes with its status and body', async () => {
  expect(await get('/ok')).toMatchObject({ kind: 'reply', reply: { status: 200, body: 'fine' } })
})

test('a redirect is an answer, not a way', async () => {
  expect(await get('/redirect')).toMatchObject({ kind: 'reply', reply: { status: 302, headers: { location: '/ok' } } })
})

test('silence is a timeout: nobody knows whether it was taken', async () => {
  expect(await get('/silent', 100)).toMatchObject({ kind: 'timeout' })
})

test.each(['/cut', '/huge'])('%s is no answer', async (path) => {
  expect(await get(path)).toMatchObject({ kind: 'unreachable' })
})

test('nobody there is unreachable', async () => {
  expect(await http.call({ method: 'GET', url: 'http://127.0.0.1:1/', headers: {} }, 1_000)).toMatchObject({ kind: 'unreachable' })
})

test('what is kept has no secrets and is at most 8 kB', () => {
  expect(kept('token=abc123&x=abc123', ['abc123', ''])).toBe('token=[secret]&x=[secret]')
  expect(kept('y'.repeat(9_000), []).length).toBe(8_000)
})
