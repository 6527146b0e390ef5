import { readFileSync } from 'node:fs'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, inject, test } from 'vitest'
import type { Stack } from '../../src/local/stack-file.ts'
import { drained, ownEdge } from '../support/own-edge.ts'
import { settled } from '../support/run-through.ts'
import { auditSingles, fireSingles, type Singles } from '../support/singles.ts'
import { openTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts'
import { ownWorkspace, sourceOf } from '../support/workspace.ts'

const stackFile = inject('stackFile')
const cleanups: (() => Promise<unknown> | unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function edgeUnderLoad(name: string, env: Readonly<Record<string, string>> = {}) {
  const stack = await ownWorkspace(inject('stack') as Stack)
  const proxy = await openTcpProxy(Number(stack.kafka_brokers.split(':')[1]))
  cleanups.push(() => proxy.close())
  const edge = await ownEdge(stack, stackFile, { proxy, env })
  cleanups.push(() => edge.end('SIGKILL'))
  await edge.start()
  const mark = `${name}${Date.now().toString(36)}`
  const key = new URL(sourceOf(stack, 'generic').postback_url)
  const load = fireSingles(() => `${edge.url}${key.pathname}${key.search}`, { mark, chains: 24, perSecond: 150 })
  cleanups.push(() => load.stop())
  await sleep(1_500)
  return { stack, proxy, edge, mark, load }
}

const spooled = ({ accepted }: Singles): number => accepted.filter(({ durability }) => durability === 'spool').length

const FAULTS: readonly [string, (proxy: TcpProxy) => void][] = [
  ['takes requests and answers none (F4)', (proxy) => proxy.silence()],
  ['answers after five seconds (F2)', (proxy) => proxy.delay(5_000)],
]
test.each(FAULTS)(
  'a broker that %s: every postback is answered 2xx in time from the spool, and is in the topic in order',
  async (_, fail) => {
    const { stack, proxy, edge, mark, load } = await edgeUnderLoad('f')
    fail(proxy)
    await sleep(7_000)
    proxy.heal()
    await sleep(2_000)
    await load.stop()
    await drained(edge)
    const audit = await auditSingles(stack, stack.workspace.id, load, mark)
    console.log(
      JSON.stringify({ accepted: load.accepted.length, spooled: spooled(load), longest_ms: Math.round(load.longestMs), ...audit }),
    )
    expect(load.refused).toEqual({})
    expect(spooled(load)).toBeGreaterThan(100)
    expect(audit).toMatchObject({ missing: 0, outOfOrder: [] })
  },
)

test('kill -9 of an edge whose spool is filled: it is back and takes postbacks while the broker is still away, and after another kill -9 while it replays nothing that was answered 2xx is missing (K12, F75)', async () => {
  const { stack, proxy, edge, mark, load } = await edgeUnderLoad('k')
  proxy.silence()
  await sleep(4_000)
  await edge.end('SIGKILL')
  await edge.start()
  expect(await edge.metric('postback_edge_from_memory')).toBe(1)
  const before = load.accepted.length
  await sleep(3_000)
  expect(load.accepted.length - before).toBeGreaterThan(50)
  expect(load.accepted.slice(before).every(({ durability }) => durability === 'spool')).toBe(true)
  proxy.heal()
  await settled(
    () => edge.metric('postback_spool_replayed_total'),
    (count) => count > 0,
    30_000,
  )
  await edge.end('SIGKILL')
  await edge.start()
  await sleep(1_000)
  await load.stop()
  await drained(edge)
  const audit = await auditSingles(stack, stack.workspace.id, load, mark)
  console.log(JSON.stringify({ accepted: load.accepted.length, spooled: spooled(load), refused: load.refused, ...audit }))
  expect(Object.keys(load.refused).filter((why) => !/^E|hang up/.test(why))).toEqual([])
  expect(audit).toMatchObject({ missing: 0, outOfOrder: [] })
})

test('never-down: a registry that comes and goes while an edge starts from memory does not end it', async () => {
  const { edge, load } = await edgeUnderLoad('r')
  let refusals = 30
  const registry = (inject('stack') as Stack).schema_registry_url
  const server = createServer((asked, answer) => {
    if (asked.url !== '/subjects' && refusals-- > 0) return asked.socket.destroy()
    const { method, url = '/', headers } = asked
    return asked.pipe(
      request(`${registry}${url}`, { method, headers }, (told) => told.pipe(answer.writeHead(told.statusCode ?? 502))).on('error', () =>
        asked.socket.destroy(),
      ),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanups.push(() => server.close())
  await edge.end('SIGKILL')
  await edge.start({ SCHEMA_REGISTRY_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })
  await settled(
    () => edge.metric('postback_edge_from_memory'),
    (fromMemory) => fromMemory === 0,
    30_000,
  )
  expect([refusals <= 0, readFileSync(edge.logFile, 'utf8').includes('edge.asks_again'), process.kill(edge.pid(), 0)]).toEqual([
    true,
    true,
    true,
  ])
  const before = load.accepted.length
  await sleep(1_000)
  expect(load.accepted.length).toBeGreaterThan(before)
})

test('SIGTERM under load: not ready before it stops, every request is answered, nothing is lost (F73)', async () => {
  const { stack, edge, mark, load } = await edgeUnderLoad('t', { DRAIN_MS: '5000' })
  const ending = edge.end('SIGTERM')
  const ask = () =>
    fetch(`${edge.url}/readyz`).then(
      ({ status }) => status,
      () => 0,
    )
  let said = 200
  for (; said === 200; said = await ask()) await sleep(20)
  expect(said).toBe(503)
  expect(await ending).toBe(0)
  await load.stop()
  await edge.start()
  await drained(edge)
  const audit = await auditSingles(stack, stack.workspace.id, load, mark)
  // Whoever comes after it has gone finds nobody; a kept connection may end just when the next request is written.
  expect(Object.keys(load.refused).filter((why) => !/^E|hang up/.test(why))).toEqual([])
  expect(audit).toMatchObject({ missing: 0, outOfOrder: [] })
})

test.each<[string, (proxy: TcpProxy) => unknown]>([
  ['answers nothing', (proxy) => proxy.silence()],
  ['is not there', (proxy) => proxy.close()],
])('SIGTERM under load while the broker %s: it ends in order, and what it took is sent by its successor (F1, F73)', async (_, fail) => {
  const { stack, proxy, edge, mark, load } = await edgeUnderLoad('e')
  fail(proxy)
  await sleep(4_000)
  const ended = await edge.end('SIGTERM')
  await load.stop()
  await edge.start({ THROUGH_PROXY: '1:1' }) // straight to the broker
  await drained(edge)
  const audit = await auditSingles(stack, stack.workspace.id, load, mark)
  console.log(JSON.stringify({ accepted: load.accepted.length, spooled: spooled(load), refused: load.refused, ended, ...audit }))
  expect(ended).toBe(0)
  expect(spooled(load)).toBeGreaterThan(100)
  expect(Object.keys(load.refused).filter((why) => !/^E|hang up/.test(why))).toEqual([])
  expect(audit).toMatchObject({ missing: 0, outOfOrder: [] })
})

test('a full spool: 503 spool_full with Retry-After, and 2xx again once the broker is back', async () => {
  const { stack, proxy, edge, mark, load } = await edgeUnderLoad('s', { SPOOL_MAX_BYTES: '1048576' })
  const key = new URL(sourceOf(stack, 'generic').postback_url)
  const big = () =>
    fetch(`${edge.url}${key.pathname}${key.search}`, {
      method: 'POST',
      body: new URLSearchParams({ event: 'Lead', click_id: `${mark}big`, note: 'x'.repeat(7_000) }),
    })
  proxy.silence()
  const refused = await settled(big, ({ status }) => status === 503, 60_000)
  expect([refused.headers.get('retry-after'), await refused.json()]).toMatchObject(['30', { code: 'spool_full' }])
  proxy.heal()
  expect((await settled(big, ({ status }) => status === 200, 30_000)).status).toBe(200)
  await load.stop()
  await drained(edge)
  expect(Object.keys(load.refused).filter((why) => why !== '503')).toEqual([])
  expect(await auditSingles(stack, stack.workspace.id, load, mark)).toMatchObject({ missing: 0, outOfOrder: [] })
})
