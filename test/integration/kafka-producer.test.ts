import { expect, test } from 'vitest'
import { createProducer } from '../../src/kafka/producer.ts'
import { client, newTopic, readAll } from './kafka-cluster.ts'

test('every record is acknowledged with the offset it has in the log, in order per partition', async () => {
  const topic = await newTopic('producer', 6)
  await using producer = await open()
  const records = Array.from({ length: 5_000 }, (_, i) => ({
    topic,
    partition: (i * 31) % 6,
    key: `k${i}`,
    value: Buffer.alloc(i % 300, 'v'),
  }))
  const acks = await producer.sendAll(records)
  const log = new Map((await readAll(topic)).map((record) => [`${record.partition}/${record.offset}`, record]))
  expect(log.size).toBe(records.length)
  for (const [i, { partition, key, value }] of records.entries()) {
    const found = log.get(`${partition}/${acks[i]?.offset}`)
    expect([String(found?.key), found?.value?.length]).toEqual([key, value.length])
  }
  expect(producer.queuedBytes).toBe(0)
})

test('more than one record batch may hold goes in several', async () => {
  const topic = await newTopic('large', 1)
  await using producer = await open()
  const values = Array.from({ length: 12 }, (_, i) => Buffer.alloc(400_000, String.fromCharCode(97 + i)))
  const acks = await producer.sendAll(values.map((value) => ({ topic, partition: 0, key: null, value })))
  expect(acks.map(({ offset }) => offset)).toEqual(values.map((_, i) => i))
  expect((await readAll(topic)).map(({ value }) => value?.[0])).toEqual(values.map((value) => value[0]))
})

test('a record too large, a queue too full and a topic that is not there are refused one by one', async () => {
  const topic = await newTopic('refused', 1)
  const record = (bytes: number, name = topic) => ({ topic: name, partition: 0, key: null, value: Buffer.alloc(bytes) })
  await using producer = await open({ queueMaxBytes: 1_000 })
  await expect(producer.send(record(1_000_000))).rejects.toMatchObject({ code: 'record_too_large' })
  const first = producer.send(record(700))
  await expect(producer.send(record(700))).rejects.toMatchObject({ code: 'queue_full' })
  expect(await first).toEqual({ offset: 0 })
  await expect(producer.send(record(1, `${topic}.missing`), 400)).rejects.toMatchObject({ code: 'ack_timeout' })
})

test('acknowledged-beside-a-refused: what one topic refuses leaves the others of its request written once', async () => {
  const [small, topic] = [await newTopic('small', 1, { 'max.message.bytes': '1000' }), await newTopic('beside', 3)]
  await using producer = await open()
  const large = { topic: small, partition: 0, key: null, value: Buffer.alloc(2_000) }
  const refused = producer.send(large, 3_000).catch((error: unknown) => error)
  const acks = await producer.sendAll([0, 1, 2].map((partition) => ({ topic, partition, key: null, value: Buffer.from('once') })))
  expect(acks).toEqual([{ offset: 0 }, { offset: 0 }, { offset: 0 }])
  expect(await refused).toMatchObject({ code: 'ack_timeout' })
  expect((await readAll(topic)).map(({ value }) => String(value))).toEqual(['once', 'once', 'once'])
})

test('a tombstone has no value', async () => {
  const topic = await newTopic('tombstone', 1)
  await using producer = await open()
  await producer.send({ topic, partition: 0, key: 'gone', value: null })
  expect(await readAll(topic)).toMatchObject([{ value: null, offset: 0 }])
})

test.each(['gzip', 'zstd'] as const)('%s: the broker takes it and keeps it, and it is read as it was', async (compression) => {
  const topic = await newTopic(compression, 1)
  await using producer = await open({ compression })
  const values = Array.from({ length: 500 }, (_, i) => `value ${i} `.repeat(30))
  await producer.sendAll(values.map((value) => ({ topic, partition: 0, key: 'k', value: Buffer.from(value) })))
  expect((await readAll(topic)).map(({ value }) => String(value))).toEqual(values)
})

async function open(bounds: { queueMaxBytes?: number; compression?: 'gzip' | 'zstd' } = {}) {
  const producer = await createProducer({ client, report: () => undefined, ...bounds })
  return Object.assign(Object.create(producer) as typeof producer, { [Symbol.asyncDispose]: () => producer.close() })
}
