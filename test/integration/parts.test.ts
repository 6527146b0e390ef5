import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readConfig } from '../../src/config.ts'
import { createTopics, describeTopics } from '../../src/kafka/admin.ts'
import { brokerNodes } from '../../src/local/broker-settings.ts'
import { startClickhouse } from '../../src/local/clickhouse.ts'
import { startBroker } from '../../src/local/kafka.ts'
import type { LocalPart } from '../../src/local/part.ts'
import { startRegistry } from '../../src/local/registry.ts'
import { freeBlock } from '../stack.ts'

let dataDir: string
let port: number
const running: LocalPart[] = []
const progress = () => undefined
beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'parts-'))
  port = await freeBlock(2)
})
afterEach(async () => {
  await Promise.all(running.splice(0).map((part) => part.stop()))
  rmSync(dataDir, { recursive: true, force: true })
})

async function up(start: () => Promise<LocalPart>): Promise<LocalPart> {
  const part = await start()
  running.push(part)
  return part
}
const killed = async ({ child }: LocalPart): Promise<void> => {
  const gone = new Promise((done) => child.process.once('exit', done))
  child.process.kill('SIGKILL')
  await gone
}

test('the broker finds its topics again after kill -9, creates none by itself, and says when its port is taken', async () => {
  const nodes = brokerNodes(readConfig({ KAFKA_PORT: String(port), KAFKA_CONTROLLER_PORT: String(port + 1) }))
  const [node] = nodes
  if (node === undefined) throw new Error('one broker is the least')
  const start = (folder = dataDir) => startBroker({ dataDir: folder, node, nodes, progress })
  const first = await up(start)
  const settings = { brokers: [first.address], clientId: 'parts', report: () => undefined }
  await createTopics(settings, [{ name: 'kept', partitions: 3, replicationFactor: 1, config: {} }])
  await killed(first)
  await up(start)
  expect([...(await describeTopics(settings, ['kept'])).values()]).toEqual([{ name: 'kept', partitions: 3, replicationFactor: 1 }])

  await expect(start(`${dataDir}/other`)).rejects.toMatchObject({
    code: 'port_taken',
    message: expect.stringContaining('KAFKA_PORT'),
  })
})

test('the registry finds its schemas again', async () => {
  const start = () => startRegistry({ dataDir, port, progress })
  const first = await up(start)
  const body = JSON.stringify({ schema: '{"type":"string"}' })
  const headers = { 'content-type': 'application/vnd.schemaregistry.v1+json' }
  const registered = await fetch(`${first.address}/subjects/kept-value/versions`, { method: 'POST', headers, body })
  expect(registered.status).toBe(200)
  await first.stop()
  const second = await up(start)
  expect(await (await fetch(`${second.address}/subjects`)).json()).toEqual(['kept-value'])
})

test('ClickHouse finds its rows again after kill -9', async () => {
  const start = () => startClickhouse({ dataDir, port, tcpPort: port + 1 })
  const first = await up(start)
  const ask = async (sql: string): Promise<string> => (await fetch(first.address, { method: 'POST', body: sql })).text()
  await ask('CREATE DATABASE kept')
  await ask('CREATE TABLE kept.rows (n UInt8) ENGINE = MergeTree ORDER BY n')
  await ask('INSERT INTO kept.rows VALUES (1), (2)')
  await killed(first)
  await up(start)
  expect(await ask('SELECT count() FROM kept.rows')).toBe('2\n')
})

test('ClickHouse whose data folder another server holds is told in one sentence, with its last words', async () => {
  await up(() => startClickhouse({ dataDir, port, tcpPort: port + 1 }))
  const more = await freeBlock(2)
  // The same folder by another name, so that the first server is no leftover.
  const error = await startClickhouse({ dataDir: `${dataDir}/../${dataDir.split('/').at(-1)}`, port: more, tcpPort: more + 1 }).catch(
    (reason: unknown) => reason,
  )
  expect(error).toMatchObject({
    code: 'part_down',
    message: expect.stringMatching(/^The ClickHouse server ended by itself\. The last words in /),
  })
  expect((error as Error).message).not.toContain('\n')
})
