import { expect, test } from 'vitest'
import { fakeCluster } from './fake-cluster.ts'
import { stock } from './modules.ts'
import { encodeProduce } from './produce-request.ts'
import { lendMemory, returnMemory } from './request-memory.ts'
import { type Broker, createSendMessages } from './send-messages.ts'
import { createTransactionManager } from './transaction-manager.ts'

const BYTES = 300_000

test('memory-is-lent-to-one: what no broker has answered is never used again', () => {
  const [first, second, third] = [{}, {}, {}]
  const a = lendMemory(first, BYTES)
  const b = lendMemory(second, BYTES)
  expect(b.buffer).not.toBe(a.buffer)
  expect(a.length).toBeGreaterThanOrEqual(BYTES)
  returnMemory(first)
  returnMemory(first) // a second time gives nothing
  expect(lendMemory(third, BYTES).buffer).toBe(a.buffer)
  expect(lendMemory({}, BYTES).buffer).not.toBe(a.buffer)
})

test('what is small or very large is not kept, and a larger one is not cut out of a smaller', () => {
  for (const bytes of [100, 10_000_000]) {
    const owner = {}
    const once = lendMemory(owner, bytes)
    returnMemory(owner)
    expect(once.length).toBeGreaterThanOrEqual(bytes)
    const again = lendMemory({}, bytes)
    expect(again.buffer === once.buffer && again.byteOffset === once.byteOffset).toBe(false)
  }
  const owner = {}
  lendMemory(owner, BYTES)
  returnMemory(owner)
  expect(lendMemory({}, 2 * BYTES).length).toBeGreaterThanOrEqual(2 * BYTES)
})

test('of too many the smallest goes, so that a load that grows does not end the reuse', () => {
  const owners = [1, 2, 3, 4, 5, 6, 7].map((times) => ({ bytes: times * 400_000 }))
  const lent = owners.map((owner) => lendMemory(owner, owner.bytes).buffer)
  for (const owner of owners) returnMemory(owner)
  expect(lendMemory({}, 2_800_000).buffer).toBe(lent[6])
  expect(lendMemory({}, 1_900_000).buffer).toBe(lent[4]) // the smallest that is large enough
  expect(lent.slice(0, 3)).not.toContain(lendMemory({}, 400_000).buffer)
})

test('memory-waits-for-the-answer: a request whose answer is lost keeps its own when it is sent again', async () => {
  const { cluster } = fakeCluster({ leaders: [1], fault: (turn) => (turn === 1 ? 'lose the answer' : null) })
  const taken: ArrayBufferLike[] = []
  const findBroker = async (node: { nodeId: number }): Promise<Broker> => {
    const broker = await cluster.findBroker(node)
    return {
      nodeId: broker.nodeId,
      async produce(request) {
        taken.push((await encodeProduce(request as Parameters<typeof encodeProduce>[0])).buf.buffer)
        return broker.produce(request)
      },
    }
  }
  const eosManager = createTransactionManager({ cluster: cluster as never, transactional: false })
  await eosManager.initProducerId()
  const createRetry = stock('src/retry/index.js') as (options: object) => Parameters<typeof createSendMessages>[0]['retrier']
  const send = createSendMessages({
    cluster: { ...cluster, findBroker },
    retrier: createRetry({ retries: 8, initialRetryTime: 2, maxRetryTime: 4 }),
    eosManager,
  })
  const one = { acks: -1, topicMessages: [{ topic: 't', messages: [{ partition: 0, value: 'a'.repeat(BYTES) }] }] }
  await send(one)
  await send(one)
  expect(taken).toHaveLength(3)
  expect(taken[1]).not.toBe(taken[0]) // a socket may still write what was not answered
  expect(taken[2]).toBe(taken[1])
})
