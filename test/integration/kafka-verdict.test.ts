import { mkdtempSync, readFileSync, rmSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readConfig } from '../../src/config.ts'
import { committedOffsets, createTopics } from '../../src/kafka/admin.ts'
import { type KafkaSettings, kafkaClient } from '../../src/kafka/connect.ts'
import { REPEATING_MS } from '../../src/kafka/last-verdict.ts'
import { createOutputs } from '../../src/kafka/outputs.ts'
import { withCluster } from '../../src/kafka/patches/cluster.ts'
import { type Coordinator, createCoordinators } from '../../src/kafka/patches/coordinators.ts'
import { describeTransaction } from '../../src/kafka/patches/describe-transactions.ts'
import { inTheNameOf } from '../../src/kafka/patches/txn-offset-commit.ts'
import { ONE_AT_A_TIME } from '../../src/kafka/produce.ts'
import { createTransactions } from '../../src/kafka/transactions.ts'
import { brokerNodes } from '../../src/local/broker-settings.ts'
import { startBroker } from '../../src/local/kafka.ts'
import type { LocalPart } from '../../src/local/part.ts'
import { freeBlock } from '../stack.ts'
import { unique, until, valuesOf } from './kafka-cluster.ts'

/** A process died after a transaction of which the broker has told no partition how it ended; the next one of its id died amid the
 *  repetition, after so many of its requests. */
type Case = {
  readonly end: 'commit' | 'abort'
  readonly requests: 0 | 1 | 2
  readonly topic: string
  readonly groupId: string
  readonly transactionalId: string
}
const CASES = (['commit', 'abort'] as const).flatMap((end) =>
  ([0, 1, 2] as const).map((requests): Case => {
    return { end, requests, topic: unique('out'), groupId: unique('group'), transactionalId: unique('untold') }
  }),
)

let dataDir: string
let broker: LocalPart
let client: KafkaSettings
beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'verdict-'))
  const base = await freeBlock(2)
  const nodes = brokerNodes(readConfig({ KAFKA_PORT: String(base), KAFKA_CONTROLLER_PORT: String(base + 1) }))
  const start = () => startBroker({ dataDir, node: nodes[0] as (typeof nodes)[0], nodes, progress: () => undefined }) // it is alone
  broker = await start()
  client = { brokers: [broker.address], clientId: 'verdict-test', report: () => undefined }
  await writeAll()
  broker.child.process.kill('SIGKILL')
  await broker.stop()
  for (const { topic } of CASES) cutMarkers(`${topic}-0`)
  cutMarkers('__consumer_offsets-0')
  broker = await start()
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

/** Takes the last words, which say how transactions ended, out of a log, as if they had never been written there. */
function cutMarkers(partition: string): void {
  const file = join(dataDir, 'kafka', 'log', partition, '00000000000000000000.log')
  const log = readFileSync(file)
  let end = 0
  for (let at = 0; at < log.length; ) {
    const next = at + BATCH_OVERHEAD_BYTES + log.readInt32BE(at + BATCH_LENGTH_AT)
    if ((log.readInt16BE(at + ATTRIBUTES_AT) & CONTROL) === 0) end = next
    at = next
  }
  expect(log.length).toBeGreaterThan(end)
  truncateSync(file, end)
}

/** All are under way together, so that their markers are the last in the log of the offsets. */
async function writeAll(): Promise<void> {
  const open = await Promise.all(
    CASES.map(async ({ end, topic, groupId, transactionalId }) => {
      await createTopics(client, [{ name: topic, partitions: 1, replicationFactor: 1, config: {} }])
      const producer = kafkaClient(client).producer({ transactionalId, transactionTimeout: 30_000, ...ONE_AT_A_TIME })
      await producer.connect()
      const transaction = await producer.transaction()
      await transaction.send({ topic, messages: [{ partition: 0, key: null, value: 'first' }] })
      const topics = [{ topic, partitions: [{ partition: 0, offset: '1' }] }]
      await transaction.sendOffsets({ consumerGroupId: groupId, topics: inTheNameOf(NOBODY, topics) })
      return async () => {
        await transaction[end]()
        await producer.disconnect()
        await until(async () => (await stateOf(transactionalId))?.startsWith('Complete') === true)
      }
    }),
  )
  await Promise.all(open.map((end) => end()))
}

const asking = <Answer>(transactionalId: string, send: (coordinator: Coordinator) => Promise<Answer>): Promise<Answer> =>
  withCluster(kafkaClient(client), (cluster) => createCoordinators(cluster).askTransaction(transactionalId, send))

const stateOf = (transactionalId: string): Promise<string | null> =>
  asking(transactionalId, async (coordinator) => (await coordinator.connectionPool.send(describeTransaction(transactionalId))).state)

/** What the next process of the id got done before it died as well. */
const diedAmid = ({ end, requests, topic, transactionalId }: Case): Promise<void> =>
  asking(transactionalId, async (coordinator) => {
    if (requests === 0) return
    const transactionTimeout = REPEATING_MS[end === 'commit' ? 'committed' : 'aborted']
    const producer = { transactionalId, ...(await coordinator.initProducerId({ transactionalId, transactionTimeout })) }
    if (requests === 2) await coordinator.addPartitionsToTxn({ ...producer, topics: [{ topic, partitions: [0] }] })
  })

const nameOf = ({ end, requests }: Case) => ({ end, requests })

test.each(CASES.filter(({ end }) => end === 'abort').map((one) => [nameOf(one), one] as const))(
  'aborted-stays-aborted: the next transaction of the same id does not bring to light what the broker left open: %o',
  async (_name, one) => {
    await diedAmid(one)
    const next = await createTransactions({ client, ...one, topics: [one.topic] })
    expect(await offsetOf(one)).toBe(-1)
    await next.commit(second(one))
    expect(await valuesOf(one.topic, client)).toEqual(['second'])
    expect(await offsetOf(one)).toBe(2)
    await next.close()
  },
  60_000,
)

test.each(CASES.filter(({ end }) => end === 'commit').map((one) => [nameOf(one), one] as const))(
  'committed-stays-committed: what the broker left open is read once the next process of the id is there: %o',
  async (_name, one) => {
    await diedAmid(one)
    const next = await createTransactions({ client, ...one, topics: [one.topic] })
    expect(await valuesOf(one.topic, client)).toEqual(['first'])
    expect(await offsetOf(one)).toBe(1)
    await next.commit(second(one))
    expect(await valuesOf(one.topic, client)).toEqual(['first', 'second'])
    await next.close()
  },
  60_000,
)

test('a topic that is not there is named', async () => {
  const one = CASES[0] as Case // there are six
  await asking(one.transactionalId, (coordinator) => coordinator.initProducerId({ ...one, transactionTimeout: REPEATING_MS.aborted }))
  const made = createTransactions({ client, ...one, topics: ['not-there'] })
  await expect(made).rejects.toThrow(/cannot be settled in these topics: not-there \(error 3 of the protocol\)/)
}, 60_000)

const second = ({ topic }: Case) => ({
  outputs: [createOutputs([{ topic, partition: 0, key: null, value: Buffer.from('second') }])],
  offsets: new Map([[topic, new Map([[0, 2]])]]),
  member: NOBODY,
})
const offsetOf = async ({ groupId, topic }: Case): Promise<number | undefined> => (await committedOffsets(client, groupId, topic)).get(0)
