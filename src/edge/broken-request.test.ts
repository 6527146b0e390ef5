import { connect } from 'node:net'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createMetrics } from '../observe/metrics.ts'
import { clickKey, key, startEdge } from './edge-double.ts'

const metrics = createMetrics()
let edge: Awaited<ReturnType<typeof startEdge>>
beforeAll(async () => {
  edge = await startEdge({ metrics })
})
beforeEach(() => {
  edge.sent.length = 0
})
afterAll(() => edge.close())

/** What comes back for bytes that `fetch` would never send. */
const send = (bytes: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect(edge.port, '127.0.0.1', () => socket.write(bytes, 'latin1'))
    let answer = ''
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1')
    })
    socket.on('close', () => resolve(answer)).on('error', reject)
  })
const PATH = '/api/v1/postback/conversions'
const line = (source: string): string => `${PATH}?key=${key(source)}&event=Lead&click_id=zq7broken`

test.each([
  ['a blank in the URL', (target: string) => `GET ${target} b&user_email=zq7@x.test HTTP/1.1\r\nHost: x\r\n\r\n`, 400, 'validation_failed'],
  ['a header of 17 kB', (target: string) => `GET ${target} HTTP/1.1\r\nHost: x\r\nX: ${'a'.repeat(17_000)}\r\n\r\n`, 431, 'body_too_large'],
  [
    'two lengths',
    (target: string) => `POST ${target} HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\na`,
    400,
    'validation_failed',
  ],
])('every-answer-is-a-problem: %s, and a row when the key is good', async (_, packet, status, code) => {
  const [head = '', body = ''] = (await send(packet(line('tracker')))).split('\r\n\r\n')
  expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
  for (const header of [
    'content-type: application/problem\\+json',
    'x-content-type-options: nosniff',
    'cache-control: no-store',
    'connection: close',
  ])
    expect(head.toLowerCase()).toMatch(new RegExp(`\r\n${header}`))
  expect(JSON.parse(body)).toMatchObject({ status, code, detail: expect.any(String) })
  expect(edge.postbacks()).toMatchObject([
    { workspace_id: 'acme', source_id: 'tracker', quarantined: 'unreadable', problems: [{ code: 'unreadable' }], raw: {}, unread: {} },
  ])
  const written = Buffer.concat(edge.sent.map((record) => record.value)).toString()
  for (const sent of ['zq7', key('tracker')]) expect(written).not.toContain(sent)
})

test('a key in the path and one behind the broken place are found too', async () => {
  await send(`GET ${PATH}/${key('backend')}?event=Le ad HTTP/1.1\r\nHost: x\r\n\r\n`)
  await send(`GET ${PATH}?event=Le ad&key=${key('backend')} HTTP/1.1\r\nHost: x\r\n\r\n`)
  expect(edge.postbacks()).toMatchObject([{ source_id: 'backend' }, { source_id: 'backend' }])
})

test('without a good key for postbacks nothing is written', async () => {
  for (const one of [clickKey('tracker'), key('tracker', 2), 'x'])
    expect(await send(`GET ${PATH}?key=${one}&a=b c HTTP/1.1\r\nHost: x\r\n\r\n`)).toMatch(/^HTTP\/1.1 400 /)
  await send(`GET /healthz?key=${key('tracker')}&a=b c HTTP/1.1\r\nHost: x\r\n\r\n`)
  await send('nonsense\r\n\r\n')
  expect(edge.sent).toEqual([])
})

test('what the parser refused is counted by its code', async () => {
  await send('nonsense\r\n\r\n')
  expect(await metrics.registry.metrics()).toMatch(/edge_broken_requests_total\{[^}]*code="HPE_[A-Z_]+"/)
})

test.each([
  ['no Host', (target: string) => `GET ${target} HTTP/1.1\r\nConnection: close\r\n\r\n`, 400],
  [
    'an expectation nobody knows',
    (target: string) => `POST ${target} HTTP/1.1\r\nHost: x\r\nExpect: x\r\nContent-Length: 2\r\n\r\n{}`,
    417,
  ],
])('every-answer-is-a-problem: %s', async (_, packet, status) => {
  const [head = '', body = ''] = (await send(packet(line('tracker')))).split('\r\n\r\n')
  expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
  expect(head.toLowerCase()).toMatch(/\r\nx-content-type-options: nosniff/)
  expect(JSON.parse(body)).toMatchObject({ status, code: 'validation_failed', detail: expect.any(String) })
})

test('HTTP/1.0 needs no Host', async () => {
  expect(await send(`GET ${line('tracker')} HTTP/1.0\r\n\r\n`)).toMatch(/^HTTP\/1.1 200 /)
})
