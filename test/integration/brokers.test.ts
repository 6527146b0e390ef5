import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTopics, describeTopics, topicConfigs } from '../../src/kafka/admin.ts'
import { type KafkaSettings, kafkaClient } from '../../src/kafka/connect.ts'
import { fetchMetadataOfEach } from '../../src/kafka/patches/metadata.ts'
import { createProducer, type Producer } from '../../src/kafka/producer.ts'
import type { Part } from '../../src/local/part.ts'
import { freeBlock } from '../stack.ts'
import { ownBrokers } from '../support/own-brokers.ts'
import { valuesOf } from './kafka-cluster.ts'

const PARTITIONS = 6
let dataDir: string
let brokers: Part
let client: KafkaSettings
const changed: number[][] = []

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'brokers-'))
  brokers = await ownBrokers(3, await freeBlock(6), dataDir, () => changed.push([...(brokers.pids ?? [])]))
  client = { brokers: brokers.address.split(','), clientId: 'brokers-test', report: () => undefined }
})
afterAll(async () => {
  await brokers?.stop()
  rmSync(dataDir, { recursive: true, force: true })
})

const until = async (yes: () => boolean | Promise<boolean>): Promise<void> => {
  while (!(await yes())) await sleep(50)
}

/** Sends as long as `while_` runs, and resolves with what was acknowledged. */
async function sendWhile(topic: string, producer: Producer, while_: Promise<unknown>): Promise<string[]> {
  const acknowledged: string[] = []
  let over = false
  const ended = while_.finally(() => {
    over = true
  })
  for (let n = 0; !over; n++) {
    const value = `v${n}`
    const sent = producer.send({ topic, partition: n % PARTITIONS, key: Buffer.from(value), value: Buffer.from(value) })
    // What is refused is the sender's to send again: here it counts for nothing.
    sent.then(
      () => acknowledged.push(value),
      () => undefined,
    )
    if (n % 20 === 0) await sleep(5)
  }
  await ended
  await producer.flush()
  return acknowledged
}

test('a killed and a frozen broker of three cost no acknowledged write, and all three are there again', { timeout: 240_000 }, async () => {
  await createTopics(client, [{ name: 'kept', partitions: PARTITIONS, replicationFactor: 3, config: { 'min.insync.replicas': '2' } }])
  const producer = await createProducer({ client, report: () => undefined })
  const faults = async (): Promise<void> => {
    for (let victim = 0; victim < 3; victim++) {
      await sleep(2_000)
      const before = brokers.pids?.[victim] ?? Number.NaN
      process.kill(before, 'SIGKILL')
      await until(() => brokers.pids?.[victim] !== before)
      expect(changed.at(-1)).toEqual(brokers.pids)
    }
    const frozen = brokers.pids?.[0] ?? Number.NaN
    process.kill(frozen, 'SIGSTOP')
    await sleep(8_000)
    process.kill(frozen, 'SIGCONT')
    await sleep(2_000)
  }
  const acknowledged = await sendWhile('kept', producer, faults())
  await producer.close()
  expect(acknowledged.length).toBeGreaterThan(1_000)
  const there = new Set(await valuesOf('kept', client))
  expect(acknowledged.filter((value) => !there.has(value))).toEqual([])
  expect((await describeTopics(client, ['kept'])).get('kept')).toEqual({ name: 'kept', partitions: PARTITIONS, replicationFactor: 3 })
})

test.each([0, 1, 2])(
  'a topic counts as made once every broker knows it, so that whoever is asked next has it: slow is %i',
  async (victim) => {
    const name = `known-${victim}`
    const slow = brokers.pids?.[victim] ?? Number.NaN
    process.kill(slow, 'SIGSTOP')
    let isMade = false
    const made = createTopics({ ...client, brokers: client.brokers.filter((_, index) => index !== victim) }, [
      { name, partitions: PARTITIONS, replicationFactor: 1, config: {} },
    ]).then(() => {
      isMade = true
    })
    await sleep(1_500)
    const wasMade = isMade
    process.kill(slow, 'SIGCONT')
    await made
    const told = await fetchMetadataOfEach(kafkaClient(client), [name])
    expect(told.flatMap(({ topics }) => topics)).toEqual(
      Array(3).fill(expect.objectContaining({ name, errorCode: 0, partitions: PARTITIONS, leaderless: [] })),
    )
    expect(wasMade).toBe(false)
  },
)

test('positions of groups have three replicas too, two of which must have them', async () => {
  const own = '__consumer_offsets'
  await until(async () => (await describeTopics(client, [own])).get(own)?.replicationFactor === 3)
  expect((await topicConfigs(client, [own])).get(own)).toMatchObject({
    'min.insync.replicas': '2',
    'unclean.leader.election.enable': 'false',
  })
})

test('one broker is not started on the data of three', async () => {
  const base = await freeBlock(2)
  await expect(ownBrokers(1, base, dataDir)).rejects.toMatchObject({
    code: 'config_invalid',
    message: expect.stringContaining('KAFKA_LOCAL_BROKERS to 3'),
  })
})
