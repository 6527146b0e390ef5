import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, inject, test } from 'vitest'
import type { Stack } from '../../src/local/stack-file.ts'
import { allReady, drained, ownEdge } from '../support/own-edge.ts'
import { settled } from '../support/run-through.ts'
import { auditSingles, fireSingles } from '../support/singles.ts'
import { openTcpProxy } from '../support/tcp-proxy.ts'
import { ownWorkspace, sourceOf } from '../support/workspace.ts'

const stackFile = inject('stackFile')
const cleanups: (() => Promise<unknown> | unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function edgeOfTwo(settings: Readonly<Record<string, unknown>> = {}, kind = 'tracker') {
  const stack = await ownWorkspace(inject('stack') as Stack, settings)
  const proxy = await openTcpProxy(Number(stack.kafka_brokers.split(':')[1]))
  cleanups.push(() => proxy.close())
  const edge = await ownEdge(stack, stackFile, { proxy, env: { EDGE_PROCESSES: '2' } })
  cleanups.push(() => edge.end('SIGKILL'))
  await edge.start()
  const key = new URL(sourceOf(stack, 'generic', kind).postback_url)
  return { stack, proxy, edge, url: `${edge.url}${key.pathname}${key.search}` }
}

test('two processes behind one port: their metrics are summed, and one that is killed is replaced while the other serves', async () => {
  const { stack, edge, url } = await edgeOfTwo()
  const before = edge.workerPids()
  expect(before).toHaveLength(2)
  const mark = `p${Date.now().toString(36)}`
  const load = fireSingles(() => url, { mark, chains: 24, perSecond: 150 })
  cleanups.push(() => load.stop())
  await sleep(2_000)
  process.kill(before[0] ?? Number.NaN, 'SIGKILL')
  const after = await settled(
    async () => edge.workerPids(),
    (pids) => pids.length === 2 && !pids.includes(before[0] ?? Number.NaN),
    30_000,
  )
  expect(after).toContain(before[1])
  await allReady(edge.adminUrl, 2, 60_000)
  await sleep(1_000)
  await load.stop()
  await drained(edge)
  // Whose connection was with the one that was killed.
  expect(Object.keys(load.refused).filter((why) => !/^(ECONNRESET|EPIPE)$|hang up/.test(why))).toEqual([])
  expect(await auditSingles(stack, stack.workspace.id, load, mark)).toMatchObject({ missing: 0, outOfOrder: [] })

  const counted = await edge.metric('postback_edge_postbacks_total')
  const more = fireSingles(() => url, { mark: `${mark}m`, chains: 24, perSecond: 150 })
  await sleep(1_000)
  await more.stop()
  const sum = () => edge.metric('postback_edge_postbacks_total')
  const wanted = counted + more.accepted.length
  expect(await settled(sum, (count) => count === wanted, 20_000)).toBe(wanted)
  expect(await edge.end('SIGTERM')).toBe(0)
})

test('nobody-hangs: one of two processes stands still and is killed; whoever it had not answered is told at once, and comes again', async () => {
  const { edge, url } = await edgeOfTwo()
  const [still = -1] = edge.workerPids()
  process.kill(still, 'SIGSTOP')
  const ask = async (n: number): Promise<string> => {
    const sent = fetch(`${url}&event=Lead&click_id=still${n}`, { headers: { connection: 'close' }, signal: AbortSignal.timeout(20_000) })
    return sent.then(
      ({ status }) => String(status),
      (error: Error) => (error.name === 'TimeoutError' ? 'nothing' : 'cut'),
    )
  }
  const asked = Promise.all(Array.from({ length: 16 }, (_, n) => ask(n)))
  await sleep(2_000)
  process.kill(still, 'SIGKILL')
  const told = await asked
  expect(told.filter((what) => what !== '200' && what !== 'cut')).toEqual([])
  expect(told).toContain('200')
  expect(await ask(16)).toBe('200')
})

test('a port that is taken is told, also where several processes would share it', async () => {
  const { edge } = await edgeOfTwo()
  const second = await ownEdge(inject('stack') as Stack, stackFile, { env: { EDGE_PROCESSES: '2', EDGE_PORT: new URL(edge.url).port } })
  cleanups.push(() => second.end('SIGKILL'))
  await expect(second.start()).rejects.toThrow('did not come up')
  expect(readFileSync(second.logFile, 'utf8')).toContain(`Port ${new URL(edge.url).port} is taken`)
})

test('processes behind one port keep one limit, also without Redis', async () => {
  const { url } = await edgeOfTwo({ rate_limit_per_min: 200 }, 'backend')
  const statuses: number[] = []
  const send = async (n: number) => {
    // A connection of its own, so that both processes get their part.
    const { status } = await fetch(`${url}&event=Lead&click_id=two${n}&transaction_id=t${n}`, { headers: { connection: 'close' } })
    statuses.push(status)
  }
  for (let n = 0; n < 300; n++) {
    await send(n)
    await sleep(10)
  }
  const passed = statuses.filter((status) => status === 200).length
  expect(statuses.filter((status) => status !== 200 && status !== 429)).toEqual([])
  expect(passed).toBeGreaterThanOrEqual(180)
  expect(passed).toBeLessThanOrEqual(220)
})

test('nothing-left-behind: what two processes had in their spools is sent when only one comes back', async () => {
  const { stack, proxy, edge, url } = await edgeOfTwo()
  const mark = `o${Date.now().toString(36)}`
  proxy.silence()
  const load = fireSingles(() => url, { mark, chains: 24, perSecond: 150 })
  await sleep(4_000)
  const workers = edge.workerPids()
  await edge.end('SIGKILL')
  // They end by themselves when the one that started them is gone.
  await settled(
    async () => workers.filter(isAlive),
    (alive) => alive.length === 0,
    20_000,
  )
  await load.stop()
  proxy.heal()
  expect(load.accepted.filter(({ durability }) => durability === 'spool').length).toBeGreaterThan(50)
  await edge.start({ EDGE_PROCESSES: '1' })
  await drained(edge)
  // Each spool keeps its own order; a sender whose requests went to both has none between them.
  expect((await auditSingles(stack, stack.workspace.id, load, mark)).missing).toBe(0)
})

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
