import { mkdtempSync, readFileSync, rmSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readConfig } from '../../src/config.ts'
import { committedOffsets, createTopics } from '../../src/kafka/admin.ts'
import { type KafkaSettings, kafkaClient } from '../../src/kafka/connect.ts'
import { createOutputs } from '../../src/kafka/outputs.ts'
import { withCluster } from '../../src/kafka/patches/cluster.ts'
import { describeTransaction } from '../../src/kafka/patches/describe-transactions.ts'
import { inTheNameOf } from '../../src/kafka/patches/txn-offset-commit.ts'
import { ONE_AT_A_TIME } from '../../src/kafka/produce.ts'
import { readTable } from '../../src/kafka/table.ts'
import { createTransactions, type Transactions } from '../../src/kafka/transactions.ts'
import { brokerNodes } from '../../src/local/broker-settings.ts'
import { startBroker } from '../../src/local/kafka.ts'
import type { LocalPart } from '../../src/local/part.ts'
import { freeBlock } from '../stack.ts'
import { unique, until } from './kafka-cluster.ts'

let dataDir: string
let start: () => Promise<LocalPart>
let broker: LocalPart
let client: KafkaSettings
beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'verdict-'))
  const base = await freeBlock(2)
  const nodes = brokerNodes(readConfig({ KAFKA_PORT: String(base), KAFKA_CONTROLLER_PORT: String(base + 1) }))
  start = () => startBroker({ dataDir, node: nodes[0] as (typeof nodes)[0], nodes, progress: () => undefined }) // it is alone
  broker = await start()
  client = { brokers: [broker.address], clientId: 'verdict-test', report: () => undefined }
})
afterAll(async () => {
  await broker?.stop()
  rmSync(dataDir, { recursive: true, force: true })
})

const NOBODY = { generationId: -1, memberId: '', instanceId: null }
const BATCH_LENGTH_AT = 8
const BATCH_OVERHEAD_BYTES = 12
const ATTRIBUTES_AT = 21
const CONTROL = 0x20

/** Takes the last word of a transaction out of a log, as if it had never been written there. */
function cutMarker(partition: string): void {
  const file = join(dataDir, 'kafka', 'log', partition, '00000000000000000000.log')
  const log = readFileSync(file)
  let last = 0
  for (let at = 0; at < log.length; at += BATCH_OVERHEAD_BYTES + log.readInt32BE(at + BATCH_LENGTH_AT)) last = at
  expect(log.readInt16BE(last + ATTRIBUTES_AT) & CONTROL).toBe(CONTROL)
  truncateSync(file, last)
}

async function valuesOf(topic: string): Promise<string[]> {
  const values: string[] = []
  const table = await readTable({
    client,
    topic,
    groupId: unique('audit'),
    instanceId: 'audit',
    report: () => undefined,
    onFatal: () => undefined,
    onRecord: ({ value }) => void values.push(String(value)),
  })
  await table.caughtUp
  await table.stop()
  return values
}

const stateOf = (transactionalId: string): Promise<string | null> =>
  withCluster(kafkaClient(client), async (cluster) => {
    const coordinator = await cluster.findGroupCoordinator({ groupId: transactionalId, coordinatorType: 1 }) // of transactions
    return (await coordinator.connectionPool.send(describeTransaction(transactionalId))).state
  })

/** A process dies after a transaction of which the broker has told no partition how it ended; the next process of its id is there. */
async function untold(end: 'commit' | 'abort'): Promise<{
  topic: string
  next: Transactions
  commit(value: string, offset: number): Promise<void>
  offset(): Promise<number | undefined>
}> {
  const [topic, groupId, transactionalId] = [unique('out'), unique('group'), unique('untold')]
  await createTopics(client, [{ name: topic, partitions: 1, replicationFactor: 1, config: {} }])
  const producer = kafkaClient(client).producer({ transactionalId, transactionTimeout: 5_000, ...ONE_AT_A_TIME })
  await producer.connect()
  const transaction = await producer.transaction()
  await transaction.send({ topic, messages: [{ partition: 0, key: null, value: 'first' }] })
  const topics = [{ topic, partitions: [{ partition: 0, offset: '1' }] }]
  await transaction.sendOffsets({ consumerGroupId: groupId, topics: inTheNameOf(NOBODY, topics) })
  await transaction[end]()
  await producer.disconnect()
  await until(async () => (await stateOf(transactionalId))?.startsWith('Complete') === true)
  broker.child.process.kill('SIGKILL')
  await broker.stop()
  cutMarker(`${topic}-0`)
  cutMarker('__consumer_offsets-0')
  broker = await start()
  const next = await createTransactions({ client, groupId, transactionalId, topics: [topic] })
  return {
    topic,
    next,
    commit: (value, offset) =>
      next.commit({
        outputs: [createOutputs([{ topic, partition: 0, key: null, value: Buffer.from(value) }])],
        offsets: new Map([[topic, new Map([[0, offset]])]]),
        member: NOBODY,
      }),
    offset: async () => (await committedOffsets(client, groupId, topic)).get(0),
  }
}

test('aborted-stays-aborted: the next transaction of the same id does not bring to light what the broker left open', async () => {
  const { topic, next, commit, offset } = await untold('abort')
  expect(await offset()).toBe(-1)
  await commit('second', 2)
  expect(await valuesOf(topic)).toEqual(['second'])
  expect(await offset()).toBe(2)
  await next.close()
}, 120_000)

test('committed-stays-committed: what the broker left open is read once the next process of the id is there', async () => {
  const { topic, next, commit, offset } = await untold('commit')
  expect(await valuesOf(topic)).toEqual(['first'])
  expect(await offset()).toBe(1)
  await commit('second', 2)
  expect(await valuesOf(topic)).toEqual(['first', 'second'])
  await next.close()
}, 120_000)
