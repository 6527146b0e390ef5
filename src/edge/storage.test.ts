import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate, setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createProducer, type Producer } from '../kafka/producer.ts'
import { createMetrics } from '../observe/metrics.ts'
import type { Outgoing } from './deps.ts'
import { openSpool, type Spool } from './spool/spool.ts'
import { createStorage, type Storage } from './storage.ts'

/** What the broker does with a request. `slow`: it answers late, but in time. `unheard`: it writes, and the answer is lost. */
type Mood = 'well' | 'slow' | 'refuses' | 'unheard' | 'hangs'
type Answer = { topicName: string; partition: number; errorCode: number; baseOffset: string; leader: number }
type Batch = { topicMessages?: readonly { topic: string; messages: readonly { partition?: number; value: unknown }[] }[] }

/** The far end of the producer's lanes: all else is real. */
function scriptedBroker() {
  const logs = new Map<number, string[]>()
  let mood: Mood = 'well'
  let hanging: (() => void)[] = []
  let heard = (_records: number): void => undefined
  const countOf = (batch: Batch): number => (batch.topicMessages ?? []).reduce((sum, { messages }) => sum + messages.length, 0)
  /** Who leads moves with every answer, so that records move between the lanes of the producer. */
  let answered = 0
  const write = (batch: Batch): Answer[] => {
    const answers = new Map<number, Answer>()
    for (const { topic, messages } of batch.topicMessages ?? [])
      for (const { partition = 0, value } of messages) {
        const log = logs.get(partition) ?? []
        logs.set(partition, log)
        if (!answers.has(partition))
          answers.set(partition, { topicName: topic, partition, errorCode: 0, baseOffset: String(log.length), leader: answered++ % 3 })
        log.push(String(value))
      }
    return [...answers.values()]
  }
  const connect = () => ({
    connect: async () => undefined,
    disconnect: async () => undefined,
    async sendBatch(batch: Batch): Promise<Answer[]> {
      await setImmediate() // as over a socket: without a turn of the loop no timer would ever strike
      while (mood === 'hangs') await new Promise<void>((resolve) => hanging.push(resolve))
      if (mood === 'refuses') throw new Error('no leader')
      if (mood === 'slow') await sleep(ACK_WITHIN_MS / 4)
      const answers = write(batch)
      heard(countOf(batch))
      if (mood === 'unheard') throw new Error('connection lost')
      return answers
    },
  })
  return {
    logs,
    connect,
    /** `onRequest` is told of how many records each request has from now on. */
    become(next: Mood, onRequest = (_records: number): void => undefined) {
      mood = next
      heard = onRequest
      for (const go of hanging) go()
      hanging = []
    },
  }
}

let dir = ''
let broker: ReturnType<typeof scriptedBroker>
let producer: Producer
let spool: Spool
let storage: Storage
const ACK_WITHIN_MS = 40
async function start(): Promise<void> {
  producer = await createProducer({
    client: { brokers: [], clientId: 'test', report: () => undefined },
    connect: broker.connect as never, // of kafkajs's producer the lanes need these three
    lingerMs: 1,
    ackTimeoutMs: ACK_WITHIN_MS,
    report: () => undefined,
  })
  spool = await openSpool({ dir, maxBytes: 10_000_000, segmentBytes: 2_000, report: () => undefined })
  storage = createStorage({ producer, spool, metrics: createMetrics(), report: () => undefined })
}
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'storage-'))
  broker = scriptedBroker()
  await start()
})
afterEach(async () => {
  broker.become('well')
  await storage.close()
  await producer.close()
  rmSync(dir, { recursive: true, force: true })
})

const record = (partition: number, id: string): Outgoing => ({ topic: 'postbacks', partition, key: id, value: Buffer.from(id) })
const durabilityOf = async (one: Outgoing): Promise<string> => {
  const stored = await storage.keepAll([one])
  return stored.kind === 'kept' ? (stored.durability[0] ?? '') : stored.why
}
const firsts = (log: readonly string[] = []): string[] => [...new Set(log)]

test('what the broker does not acknowledge in time is on disk, what follows waits for nothing, and all comes in order', async () => {
  expect(await durabilityOf(record(0, 'a'))).toBe('kafka')
  broker.become('refuses')
  expect(await durabilityOf(record(0, 'b'))).toBe('spool')
  const again = storage.keepAll(['c', 'd', 'e'].map((id) => record(0, id)))
  expect(await again).toEqual({ kind: 'kept', durability: ['spool', 'spool', 'spool'] })
  broker.become('well')
  await expect.poll(() => spool.backlog.size, { timeout: 5_000 }).toBe(0)
  expect(firsts(broker.logs.get(0))).toEqual(['a', 'b', 'c', 'd', 'e'])
  await expect.poll(() => durabilityOf(record(0, 'f'))).toBe('kafka')
})

test('an-ack-that-still-comes: what a slow broker took in the end is not sent again', async () => {
  broker.become('hangs')
  expect(await durabilityOf(record(0, 'a'))).toBe('spool')
  broker.become('well')
  await expect.poll(() => spool.backlog.size, { timeout: 5_000 }).toBe(0)
  expect(broker.logs.get(0)).toEqual(['a'])
})

test('what a killed edge left is sent by the next one', async () => {
  broker.become('refuses')
  await storage.keepAll(['a', 'b'].map((id) => record(3, id)))
  const left = { producer, storage }
  broker = scriptedBroker()
  await start()
  await expect.poll(() => spool.backlog.size, { timeout: 5_000 }).toBe(0)
  expect(broker.logs.get(3)).toEqual(['a', 'b'])
  await left.storage.close()
})

test('a record that no broker would take is in nobody’s way', async () => {
  broker.become('refuses')
  await durabilityOf(record(0, 'a'))
  expect(await durabilityOf({ ...record(0, 'x'), value: Buffer.alloc(1_000_000) })).toBe('too_large')
  broker.become('well')
  await expect.poll(() => spool.backlog.size, { timeout: 5_000 }).toBe(0)
})

test('of several, one that is not kept refuses them all, and nothing is counted as waiting', async () => {
  const large = { ...record(0, 'x'), value: Buffer.alloc(1_000_000) }
  expect(await storage.keepAll([record(0, 'a'), large, record(0, 'b')])).toEqual({ kind: 'refused', why: 'too_large' })
  expect(storage.bytes).toBe(0)
  expect(broker.logs.get(0)).toEqual(['a', 'b'])
})

test('closing waits for what is under way: it is kept on disk while the broker is silent', async () => {
  broker.become('hangs')
  const [first, second] = [storage.keepAll([record(0, 'a')]), storage.keepAll([record(1, 'b'), record(1, 'c')])]
  await storage.close()
  expect(await first).toEqual({ kind: 'kept', durability: ['spool'] })
  expect(await second).toEqual({ kind: 'kept', durability: ['spool', 'spool'] })
  expect(storage.bytes).toBe(0)
})

test('a partition that goes on being written while it is behind is sent to directly again', { timeout: 30_000 }, async () => {
  broker.become('refuses')
  await durabilityOf(record(0, 'first'))
  broker.become('well')
  let stop = false
  let n = 0
  const seen: string[] = []
  const writers = Array.from({ length: 20 }, async () => {
    while (!stop) seen.push(await durabilityOf(record(0, `r${n++}`)))
  })
  try {
    await expect.poll(() => seen.slice(-200).filter((one) => one === 'kafka').length, { timeout: 20_000 }).toBe(200)
  } finally {
    stop = true
    await Promise.all(writers)
  }
  await expect.poll(() => spool.backlog.size).toBe(0)
  const log = firsts(broker.logs.get(0))
  expect(log).toEqual(['first', ...Array.from({ length: n }, (_, index) => `r${index}`)])
})

test.each([
  ['refuses', 0],
  ['hangs', 0],
  ['hangs', 60],
] as const)(
  'little-is-under-way: when a broker that %s is back, a replay of %i and more has few records of a partition under way, which a kill would repeat',
  async (mood, before) => {
    let largest = 0
    if (before > 0) {
      broker.become('refuses')
      await storage.keepAll(Array.from({ length: before }, (_, index) => record(0, `b${index}`)))
      // It is back, and hangs amid the replay.
      await new Promise<void>((resolve) => {
        broker.become('well', () => {
          broker.become(mood)
          resolve()
        })
      })
    }
    broker.become(mood)
    await storage.keepAll([record(0, 'first')])
    await storage.keepAll(Array.from({ length: 300 }, (_, index) => record(0, `r${index}`)))
    broker.become('well', (records) => {
      largest = Math.max(largest, records)
    })
    await expect.poll(() => spool.backlog.size, { timeout: 5_000 }).toBe(0)
    expect(largest).toBeGreaterThanOrEqual(5)
    expect(largest).toBeLessThanOrEqual(10)
    expect(firsts(broker.logs.get(0))).toHaveLength(before + 301)
  },
)

test('a-busy-partition-catches-up: what comes while an acknowledgement is awaited goes with the next, and more', {
  timeout: 30_000,
}, async () => {
  broker.become('refuses')
  await durabilityOf(record(0, 'first'))
  broker.become('slow')
  const seen: string[] = []
  let stop = false
  let n = 0
  // Some 300 while one acknowledgement is awaited: a replay of a few at a time would fall behind for ever, and so would one of 100.
  const writers = Array.from({ length: 60 }, async () => {
    while (!stop) {
      seen.push(await durabilityOf(record(0, `r${n++}`)))
      await sleep(2)
    }
  })
  try {
    await expect.poll(() => seen.slice(-300).filter((one) => one === 'kafka').length, { timeout: 20_000 }).toBe(300)
  } finally {
    stop = true
    await Promise.all(writers)
  }
})

test(
  'order-and-nothing-lost: however the broker behaves, every 2xx is in the log and first sights are in order',
  { timeout: 120_000 },
  () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            mood: fc.constantFrom<Mood>('well', 'refuses', 'unheard', 'hangs'),
            sends: fc.array(fc.nat(2), { maxLength: 12 }),
            pauseMs: fc.constantFrom(0, 5, ACK_WITHIN_MS * 2),
          }),
          { minLength: 1, maxLength: 8 },
        ),
        async (steps) => {
          broker.logs.clear()
          let n = 0
          const sent: { partition: number; id: string; stored: ReturnType<Storage['keepAll']> }[] = []
          for (const { mood, sends, pauseMs } of steps) {
            broker.become(mood)
            for (const partition of sends) {
              const id = String(n++)
              sent.push({ partition, id, stored: storage.keepAll([record(partition, id)]) })
            }
            await sleep(pauseMs)
          }
          broker.become('well')
          const kept = await Promise.all(sent.map(async (one) => ({ ...one, kind: (await one.stored).kind })))
          await expect.poll(() => spool.backlog.size, { timeout: 10_000 }).toBe(0)
          await producer.flush()
          for (const partition of [0, 1, 2]) {
            const ids = kept.filter((one) => one.partition === partition && one.kind === 'kept').map(({ id }) => id)
            expect(firsts(broker.logs.get(partition))).toEqual(ids)
          }
        },
      ),
      { numRuns: 20 },
    ),
)
