import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { applyTopics } from '../../src/kafka/apply-topics.ts'
import { kafkaClient } from '../../src/kafka/connect.ts'
import { requireTopics } from '../../src/kafka/require-topics.ts'
import { type Waiting, waitForBroker, waitForRegistry } from '../../src/kafka/wait.ts'
import { readSchema } from '../../src/roles/context.ts'
import { type Topic, topics } from '../../topics/index.ts'
import { freeBlock } from '../stack.ts'
import { brokers, client, registryUrl, unique, until } from './kafka-cluster.ts'

const cleanups: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

/** The registry behind a port of its own, away until it is opened. */
async function registryDoor() {
  const { hostname, port, pathname } = new URL(registryUrl)
  const door = await freeBlock(1)
  const open: Socket[] = []
  let server: Server | undefined
  cleanups.push(() => {
    for (const socket of open) socket.destroy()
    server?.close()
  })
  return {
    url: `http://127.0.0.1:${door}${pathname}`,
    async open() {
      server = createServer((socket) => {
        const behind = connect(Number(port), hostname)
        open.push(socket, behind)
        socket.pipe(behind).pipe(socket)
        for (const one of [socket, behind]) one.on('error', () => one.destroy())
      })
      await new Promise<void>((done) => server?.listen(door, '127.0.0.1', done))
    },
  }
}

/** A role as an operator starts it, under an ordinal that nobody has. */
async function startRole(role: string, registry: string) {
  const base = await freeBlock(2)
  const lines: string[] = []
  const stateDir = mkdtempSync(join(tmpdir(), 'postback-start-'))
  const child: ChildProcess = spawn(process.execPath, ['src/main.ts', role], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      KAFKA_BROKERS: brokers.join(','),
      SCHEMA_REGISTRY_URL: registry,
      CLICKHOUSE_URL: 'http://127.0.0.1:1',
      ADMIN_PORT: String(base),
      CONSOLE_PORT: String(base + 1),
      ORDINAL: '77',
      STATE_DIR: stateDir,
      KEY_RINGS: `a:${Buffer.alloc(32).toString('base64')}`,
      CREDENTIALS_KEYS: `a:${Buffer.alloc(32).toString('base64')}`,
      PUBLIC_EDGE_URL: 'http://127.0.0.1:1',
    },
  })
  child.stdout?.on('data', (bytes) => lines.push(...String(bytes).trim().split('\n')))
  child.stderr?.on('data', (bytes) => lines.push(...String(bytes).trim().split('\n')))
  const gone = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)))
  cleanups.push(async () => {
    child.kill('SIGKILL')
    await gone
    rmSync(stateDir, { recursive: true, force: true })
  })
  const get = async (path: string) => {
    const response = await fetch(`http://127.0.0.1:${base}${path}`).catch(() => null)
    return { status: response?.status, body: (await response?.text()) ?? '' }
  }
  return { lines, get, signal: (name: NodeJS.Signals) => child.kill(name), gone }
}

test('a registry that is away at start is waited for: alive, not ready, and it says for what; then the role goes on', async () => {
  const registry = await registryDoor()
  const role = await startRole('console', registry.url) // it needs least
  await until(() => role.lines.some((line) => line.includes('start.waits')))
  expect((await role.get('/healthz')).status).toBe(200)
  const before = await role.get('/readyz')
  expect(before.status).toBe(503)
  expect(JSON.parse(before.body)).toMatchObject({
    ready: false,
    reason: expect.stringContaining(`waits for the schema registry at ${registry.url}`),
  })
  await registry.open()
  await until(async () => (await role.get('/readyz')).status === 200)
  role.signal('SIGTERM')
  expect(await role.gone).toBe(0)
})

async function membersOf(groupId: string): Promise<string[]> {
  const admin = kafkaClient(client).admin()
  await admin.connect()
  try {
    return (await admin.describeGroups([groupId])).groups.flatMap(({ members }) => members.map(({ memberId }) => memberId))
  } finally {
    await admin.disconnect()
  }
}

test('SIGUSR2 leaves for good: the member is out of its group when the process has ended, and the others have its partitions', async () => {
  const role = await startRole('attribution', registryUrl)
  await until(async () => (await role.get('/readyz')).status === 200)
  const ours = async () => (await membersOf('attribution')).filter((id) => id.startsWith('attribution-77'))
  expect(await ours()).toHaveLength(1)
  role.signal('SIGUSR2')
  expect(await role.gone).toBe(0)
  // Not ten seconds later, when its session would be over.
  expect(await ours()).toEqual([])
})

test('what is away is told once and then every ten seconds, and an end comes only where one was asked for', async () => {
  const told: Waiting[] = []
  const nowhere = { ...client, brokers: ['127.0.0.1:1'] }
  const onWait = (waiting: Waiting) => told.push(waiting)
  await expect(waitForBroker(nowhere, { timeoutMs: 500, onWait })).rejects.toMatchObject({ code: 'broker_unreachable' })
  await expect(waitForRegistry('http://user:pw@127.0.0.1:1/x', { timeoutMs: 500, onWait })).rejects.toMatchObject({ code: 'part_down' })
  expect(told).toHaveLength(2)
  expect(told.map(({ forWhat }) => forWhat)).toEqual(['a Kafka broker at 127.0.0.1:1', 'the schema registry at http://127.0.0.1:1/x'])
  const forever = waitForBroker(nowhere, { timeoutMs: Number.POSITIVE_INFINITY }).then(() => 'ended')
  expect(await Promise.race([forever, sleep(1_500, 'waits')])).toBe('waits')
})

test('topics that a process does not count on are refused, with what is and what should be', async () => {
  const one: Topic = { name: unique('start'), key: 'click', partitions: 3, schema: 'click', config: { 'cleanup.policy': 'delete' } }
  const demand = (topic: Topic) => requireTopics({ client, registryUrl, topics: [topic] })
  await expect(demand(one)).rejects.toMatchObject({ code: 'topic_missing', message: expect.stringContaining(one.name) })
  await applyTopics({ client, registryUrl, topics: [one], schema: readSchema, replicationFactor: 1 })
  await demand(one)
  await expect(demand({ ...one, partitions: 12 })).rejects.toMatchObject({
    code: 'topic_mismatch',
    message: expect.stringContaining(`${one.name} has 3 partitions, not 12`),
  })
  await expect(demand({ ...one, key: 'postback' })).rejects.toMatchObject({
    code: 'topic_mismatch',
    message: expect.stringContaining(`${one.name} is keyed by click_key, not postback_key`),
  })
  await requireTopics({ client, registryUrl, topics: topics(12) })
})
