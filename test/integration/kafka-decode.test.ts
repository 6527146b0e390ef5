import { closeSync, openSync, readFileSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, inject, test } from 'vitest'
import { committedOffsets } from '../../src/kafka/admin.ts'
import { kafkaClient } from '../../src/kafka/connect.ts'
import { runConsumer } from '../../src/kafka/consume.ts'
import { nextOffsetIn } from '../../src/kafka/patches/record-set.ts'
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

/** Where the broker has the first partition of a topic. */
const fileOf = (topic: string): string => join(dirname(inject('stackFile')), 'kafka', 'log', `${topic}-0`, '00000000000000000000.log')

test('aborted-records-are-never-handed-out: of two aborted transactions that overlap, stock hands out the longer one', async () => {
  const topic = await newTopic('aborted', 1)
  await using first = await openTransaction()
  await using second = await openTransaction()
  await using third = await openTransaction()
  await first.write(topic, 'aborted 1')
  await second.write(topic, 'aborted 2')
  await third.write(topic, 'committed')
  await second.abort()
  await until(() => nextOffsetIn(readFileSync(fileOf(topic)), 0) === 4) // its marker is written, so the broker lists it before the first
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

/** Bytes of it, changed under the hands of the broker. */
function changeOnDisk(topic: string, from: string, to: string): void {
  const fd = openSync(fileOf(topic), 'r+')
  writeSync(fd, to, readFileSync(fileOf(topic)).indexOf(from))
  closeSync(fd)
}

test('no-record-past-a-wrong-checksum: what has changed on the disk of the broker stock hands out, and ours ends by', async () => {
  const topic = await newTopic('changed', 1)
  const producer = await createProducer({ client, report: () => undefined })
  for (const value of ['whole', 'paid 10']) await producer.send({ topic, partition: 0, key: null, value: Buffer.from(value) })
  await producer.close()
  changeOnDisk(topic, 'paid 10', 'paid 90')

  using stock = startProbe({ patched: false, brokers, topic, probe: 'consume' })
  await until(() => stock.values().length === 2)
  expect(stock.values()).toEqual(['whole', 'paid 90'])

  const seen: string[] = []
  const fatal = Promise.withResolvers<unknown>()
  const groupId = unique('changed')
  const consumer = await runConsumer({
    ...{ client, groupId, instanceId: 'c-0', topics: [topic], report: () => undefined, onFatal: fatal.resolve },
    onBatch: async ({ records }) => void seen.push(...records.map(({ value }) => String(value))),
  })
  expect(await fatal.promise).toMatchObject({
    code: 'log_unreadable',
    message: `The record batch at offset 1 of ${topic}/0 cannot be read: its checksum is wrong.`,
  })
  expect([seen, (await committedOffsets(client, groupId, topic)).get(0)]).toEqual([[], -1])
  await consumer.stop()
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
