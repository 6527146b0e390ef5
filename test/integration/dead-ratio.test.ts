import { beforeAll, expect, test } from 'vitest'
import { committedOffsets } from '../../src/kafka/admin.ts'
import { type Codec, createCodec, registerSchemas } from '../../src/kafka/codec.ts'
import { createDeadRatio } from '../../src/kafka/dead-ratio.ts'
import { createProducer } from '../../src/kafka/producer.ts'
import { createReadable } from '../../src/kafka/readable.ts'
import { runStream } from '../../src/kafka/stream.ts'
import { readSchema } from '../../src/roles/context.ts'
import { client, newTopic, readAll, registryUrl, unique, until } from './kafka-cluster.ts'

const schemas = { 'dead-value': readSchema('dead') }
let codec: Codec
beforeAll(async () => {
  await registerSchemas({ registryUrl, schemas })
  codec = await createCodec({ registryUrl, schemas })
})

async function feed(topic: string, values: readonly Buffer[]): Promise<void> {
  const producer = await createProducer({ client, report: () => undefined, batchMaxRecords: 20 })
  await producer.sendAll(values.map((value) => ({ topic, partition: 0, key: 'k', value })))
  await producer.close()
}
const poison = (count: number) => Array.from({ length: count }, (_, n) => Buffer.from(`no avro ${n}`))
/** Anything that the codec can read. */
const good = (count: number) =>
  Array.from({ length: count }, () =>
    codec.encode('dead-value', { topic: '', partition: 0, offset: 0, at: 0, role: '', error: '', attempts: 1, key: null, value: '' }),
  )

/** A process as the roles are wired: what it buries lies in `dead`, which is a topic of this test. */
async function run(input: string, dead: string, groupId: string, maxPercent = 20) {
  const told: unknown[] = []
  const ratio = createDeadRatio({ maxPercent, nowMs: Date.now })
  const readable = createReadable({ codec, role: 'test', ratio, nowMs: Date.now, report: () => undefined })
  const stream = await runStream({
    client,
    groupId,
    instanceId: 'r-0',
    transactionalId: groupId,
    topics: [{ name: input, commit: true }],
    writes: [dead],
    coPartitioned: true,
    commitIntervalMs: 1,
    // A few record batches at a time: it must not be one batch alone that is refused.
    maxBytesPerPartition: 2_000,
    notes: ratio.notes,
    report: () => undefined,
    onFatal: (error) => told.push(error),
    task: {
      onAssigned: () => undefined,
      async onBatch({ records }, outbox) {
        await readable(records, (out) => outbox.put({ ...out, topic: dead }))
        return undefined
      },
    },
  })
  return { told, stop: () => stream.stop(), committed: async () => (await committedOffsets(client, groupId, input)).get(0) ?? -1 }
}

test('not-the-next-thousand: a flood of dead records stops the process, each restart stops where the last one did, and good ones let it go on', async () => {
  const [input, dead] = [await newTopic('flood', 1), await newTopic('dead', 1)]
  const groupId = unique('flood')
  await feed(input, poison(1_500))
  const first = await run(input, dead, groupId)
  await until(() => first.told.length > 0)
  expect(first.told).toMatchObject([{ code: 'too_many_dead', message: expect.stringContaining(`${input}/0`) }])
  const stoppedAt = await first.committed()
  await first.stop()
  expect(stoppedAt).toBeGreaterThan(0)
  expect(stoppedAt).toBeLessThanOrEqual(200)

  for (let restarts = 0; restarts < 3; restarts++) {
    const again = await run(input, dead, groupId)
    await until(() => again.told.length > 0)
    expect(again.told).toMatchObject([{ code: 'too_many_dead' }])
    expect(await again.committed()).toBeLessThanOrEqual(200)
    await again.stop()
  }
  const buried = (await readAll(dead)).length
  expect(buried).toBeLessThanOrEqual(200)

  const told = await run(input, dead, groupId, 100) // what the operator decided
  await until(async () => (await told.committed()) === 1_500)
  await feed(input, good(1_000))
  await until(async () => (await told.committed()) === 2_500)
  await told.stop()
  expect(await readAll(dead)).toHaveLength(1_500)

  await feed(input, poison(20))
  const calm = await run(input, dead, groupId)
  await until(async () => (await calm.committed()) === 2_520)
  expect(calm.told).toEqual([])
  await calm.stop()
})

test('a handful of poison in a topic that has nothing else is put away, and nobody stops', async () => {
  const [input, dead] = [await newTopic('quiet', 1), await newTopic('dead', 1)]
  const groupId = unique('quiet')
  await feed(input, poison(20))
  const one = await run(input, dead, groupId)
  await until(async () => (await one.committed()) === 20)
  expect(one.told).toEqual([])
  expect(await readAll(dead)).toHaveLength(20)
  await one.stop()
})
