import { expect, test } from 'vitest'
import { logger } from './fake-cluster.ts'
import { stock, untouched } from './modules.ts'
import { createTransactionManager, type TransactionManager } from './transaction-manager.ts'

const { createErrorFromCode } = stock('src/protocol/error.js') as { createErrorFromCode(code: number): Error }
const { KafkaJSConnectionError } = stock('src/errors.js') as { KafkaJSConnectionError: new (message: string) => Error }
const stockManager = untouched('src/producer/eosManager/index.js') as (deps: object) => TransactionManager

const NOT_AVAILABLE = 15
const NOT_COORDINATOR = 16
const LOADING = 14
const CONCURRENT = 51
const FENCED = 47
type Wrong = number | 'lost' | 'unreachable'

/** A coordinator on node 1 for everything. `wrong` says what goes wrong with a request, in turn. */
function fake(wrong: Partial<Record<string, Wrong[]>> = {}) {
  const asked: string[] = []
  const ask =
    (name: string) =>
    async (request: { transactionResult?: boolean }): Promise<object> => {
      const result = request.transactionResult === undefined ? '' : request.transactionResult ? ' commit' : ' abort'
      asked.push(name + result)
      const next = wrong[name]?.shift()
      if (typeof next === 'number') throw createErrorFromCode(next)
      if (next === 'lost') throw new KafkaJSConnectionError('Closed connection')
      return { producerId: '7', producerEpoch: 3 }
    }
  const names = ['initProducerId', 'addPartitionsToTxn', 'addOffsetsToTxn', 'txnOffsetCommit', 'endTxn'] as const
  const broker = Object.fromEntries(names.map((name) => [name, ask(name)]))
  const look = (of: { coordinatorType?: number }) => asked.push(`look up ${of.coordinatorType === 1 ? 'transaction' : 'group'}`)
  const cluster = {
    retry: { retries: 5, initialRetryTime: 1, maxRetryTime: 2 },
    refreshMetadataIfNecessary: async () => undefined,
    refreshMetadata: async () => undefined,
    findControllerBroker: async () => broker,
    async findGroupCoordinatorMetadata(of: { coordinatorType?: number }) {
      look(of)
      return { coordinator: { nodeId: 1 } }
    },
    async findBroker() {
      if (wrong.broker?.shift() === 'unreachable') throw new KafkaJSConnectionError('Connection refused')
      return broker
    },
    async findGroupCoordinator(of: { coordinatorType?: number }) {
      look(of)
      return broker
    },
  }
  return { asked, deps: { logger, cluster: cluster as never, transactional: true, transactionalId: 'x' } }
}
const topicData = [{ topic: 't', partitions: [{ partition: 0, messages: [] }] }]
const topics = [{ topic: 'in', partitions: [{ partition: 0, offset: '5' }] }]
async function transact(manager: TransactionManager): Promise<void> {
  manager.beginTransaction()
  await manager.addPartitionsToTransaction(topicData)
  await manager.sendOffsets({ consumerGroupId: 'g', topics })
  await manager.commit()
}
const steps = ['addPartitionsToTxn', 'addOffsetsToTxn', 'txnOffsetCommit', 'endTxn commit']

test('a transaction asks its coordinators four times, the send apart; stock looks them up four times more', async () => {
  const stocked = fake()
  const theirs = stockManager(stocked.deps)
  await theirs.initProducerId()
  stocked.asked.length = 0
  await transact(theirs)
  expect(stocked.asked.filter((one) => one.startsWith('look up'))).toHaveLength(4)

  const { asked, deps } = fake()
  const ours = createTransactionManager(deps)
  await ours.initProducerId()
  await transact(ours)
  asked.length = 0
  await transact(ours)
  expect(asked).toEqual(steps)
})

test('partitions and offsets may be told side by side, each refusal is its own, and no end comes amid them', async () => {
  const { asked, deps } = fake({ addPartitionsToTxn: [CONCURRENT], addOffsetsToTxn: [CONCURRENT], txnOffsetCommit: [LOADING] })
  const manager = createTransactionManager(deps)
  await manager.initProducerId()
  manager.beginTransaction()
  const telling = [manager.addPartitionsToTransaction(topicData), manager.sendOffsets({ consumerGroupId: 'g', topics })]
  await expect(manager.commit()).rejects.toThrow('amid what it is told')
  await Promise.all(telling)
  await manager.commit()
  const told = asked.filter((one) => !one.startsWith('look up'))
  expect(told.at(-1)).toBe('endTxn commit')
  expect(told.filter((one) => one !== 'initProducerId').toSorted()).toEqual([
    'addOffsetsToTxn',
    'addOffsetsToTxn',
    'addPartitionsToTxn',
    'addPartitionsToTxn',
    'endTxn commit',
    'txnOffsetCommit',
    'txnOffsetCommit',
  ])
})

const again = (name: string): string[] => (name === 'txnOffsetCommit' ? ['look up group'] : ['look up transaction'])
const bare = ['initProducerId', 'addPartitionsToTxn', 'addOffsetsToTxn', 'txnOffsetCommit', 'endTxn']
test.each(
  bare.flatMap((name) => [
    { name, code: CONCURRENT, says: 'CONCURRENT_TRANSACTIONS', looked: [] },
    { name, code: LOADING, says: 'LOAD_IN_PROGRESS', looked: [] },
    { name, code: NOT_COORDINATOR, says: 'NOT_COORDINATOR', looked: again(name) },
    { name, code: NOT_AVAILABLE, says: 'COORDINATOR_NOT_AVAILABLE', looked: again(name) },
  ]),
)('$name answered with $says is asked again, nothing else is', async ({ name, code, looked }) => {
  const { asked, deps } = fake({ [name]: [code, code] })
  const manager = createTransactionManager(deps)
  await manager.initProducerId()
  await transact(manager)
  const step = [...steps, 'initProducerId'].find((one) => one.startsWith(name)) as string
  const from = asked.indexOf(step)
  expect(asked.slice(from, from + 3 + 2 * looked.length)).toEqual([step, ...looked, step, ...looked, step])
  expect(asked.filter((one) => one === step)).toHaveLength(3)
  expect(manager.isInTransaction()).toBe(false)
})

test('back-to-back-transactions: stock gives up a commit that the broker asks to send again, and is stuck for ever', async () => {
  const stocked = fake({ endTxn: [CONCURRENT] })
  const theirs = stockManager(stocked.deps)
  await theirs.initProducerId()
  await expect(transact(theirs)).rejects.toThrow('concurrent operation')
  await expect(theirs.abort()).rejects.toThrow('COMMITTING')
  await expect(theirs.initProducerId()).rejects.toThrow('COMMITTING')
})

test.each(['addOffsetsToTxn', 'txnOffsetCommit', 'endTxn'])(
  'no-request-after-an-open-outcome: a connection lost during %s ends the producer',
  async (name) => {
    const { asked, deps } = fake({ [name]: ['lost'] })
    const manager = createTransactionManager(deps)
    await manager.initProducerId()
    await expect(transact(manager)).rejects.toThrow('Closed connection')
    expect(asked.filter((one) => one.startsWith(name))).toHaveLength(1)
    expect(() => manager.beginTransaction()).toThrow(expect.objectContaining({ retriable: false }))
    if (name === 'endTxn') {
      await expect(manager.abort()).rejects.toThrow('ending')
      await expect(manager.initProducerId()).rejects.toThrow('ending')
    }
  },
)

test('a request that never left is sent when the coordinator can be reached', async () => {
  const { asked, deps } = fake({ broker: ['unreachable', 'unreachable'] })
  const manager = createTransactionManager(deps)
  await manager.initProducerId()
  expect(asked.filter((one) => one === 'initProducerId')).toHaveLength(1)
  expect([manager.getProducerId(), manager.getProducerEpoch()]).toEqual(['7', 3])
})

test('a broker that has no producer ids yet is asked again', async () => {
  const { asked, deps } = fake({ initProducerId: [LOADING, LOADING] })
  const manager = createTransactionManager({ cluster: deps.cluster, transactional: false })
  await manager.initProducerId()
  expect(asked).toEqual(['initProducerId', 'initProducerId', 'initProducerId'])
  expect(manager.isInitialized()).toBe(true)
})

test('a fenced producer is told at once', async () => {
  const { asked, deps } = fake({ addPartitionsToTxn: [FENCED] })
  const manager = createTransactionManager(deps)
  await manager.initProducerId()
  await expect(transact(manager)).rejects.toMatchObject({ type: 'INVALID_PRODUCER_EPOCH' })
  expect(asked.filter((one) => one === 'addPartitionsToTxn')).toHaveLength(1)
})

test('partitions are added once per transaction, and an empty transaction asks for nothing', async () => {
  const { asked, deps } = fake()
  const manager = createTransactionManager(deps)
  await manager.initProducerId()
  asked.length = 0
  manager.beginTransaction()
  await manager.addPartitionsToTransaction(topicData)
  await manager.addPartitionsToTransaction(topicData)
  await manager.abort()
  manager.beginTransaction()
  await manager.commit()
  expect(asked).toEqual(['addPartitionsToTxn', 'endTxn abort'])
})
