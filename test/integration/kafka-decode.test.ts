import { expect, test } from 'vitest'
import { kafkaClient } from '../../src/kafka/connect.ts'
import { createProducer } from '../../src/kafka/producer.ts'
import { brokers, client, newTopic, readAll, unique, until } from './kafka-cluster.ts'
import { startProbe } from './kafkajs-probes.ts'

async function openTransaction() {
  const producer = kafkaClient(client).producer({ transactionalId: unique('txn'), transactionTimeout: 60_000, maxInFlightRequests: 1 })
  await producer.connect()
  const transaction = await producer.transaction()
  return {
    write: (topic: string, value: string) => transaction.send({ topic, messages: [{ partition: 0, value }] }),
    abort: () => transaction.abort(),
    commit: () => transaction.commit(),
    [Symbol.asyncDispose]: () => producer.disconnect(),
  }
}

test('aborted-records-are-never-handed-out: of two aborted transactions that overlap, stock hands out the longer one', async () => {
  const topic = await newTopic('aborted', 1)
  await using first = await openTransaction()
  await using second = await openTransaction()
  await using third = await openTransaction()
  await first.write(topic, 'aborted 1')
  await second.write(topic, 'aborted 2')
  await third.write(topic, 'committed')
  await second.abort() // so the broker lists it before the one that began before it
  await first.write(topic, 'aborted 1 too')
  await first.abort()
  await third.commit()

  using stock = startProbe({ patched: false, brokers, topic, probe: 'consume' })
  await until(() => stock.values().includes('committed'))
  expect(stock.values()).toContain('aborted 1')

  using patched = startProbe({ patched: true, brokers, topic, probe: 'consume' })
  await until(() => patched.values().includes('committed'))
  expect(patched.values()).toEqual(['committed'])
  expect((await readAll(topic)).map(({ value }) => String(value))).toEqual(['committed'])
})

test('offset-passes-an-empty-record-batch: on a compacted topic stock stays before one for ever', async () => {
  const SEGMENT_BYTES = 1_048_576 // the least a broker allows
  const topic = await newTopic('compacted', 1, {
    'cleanup.policy': 'compact',
    'segment.bytes': String(SEGMENT_BYTES),
    'min.cleanable.dirty.ratio': '0.01',
  })
  // Each writes a segment of its own, since two do not fit into one. The second writes the keys of the first again: what the
  // cleaner leaves of the first is an empty record batch, kept for the sequences of its producer.
  for (const keys of ['a b', 'a b', 'c d', 'e f']) {
    const producer = await createProducer({ client, report: () => undefined })
    const value = Buffer.alloc(SEGMENT_BYTES * 0.35, keys)
    await producer.sendAll(keys.split(' ').map((key) => ({ topic, partition: 0, key, value })))
    await producer.close()
  }
  const offsets = async () => (await readAll(topic)).map(({ offset }) => offset)
  await until(async () => (await offsets())[0] !== 0) // the cleaner comes by every 15 s
  expect(await offsets()).toEqual([2, 3, 4, 5, 6, 7])

  using stock = startProbe({ patched: false, brokers, topic, probe: 'consume' })
  await until(() => stock.of('fetched').length > 30 || stock.values().length > 0)
  expect(stock.of('fetched').at(-1)).toMatchObject({ position: 0 })

  using patched = startProbe({ patched: true, brokers, topic, probe: 'consume' })
  await until(() => patched.values().length === 6)
}, 100_000)
