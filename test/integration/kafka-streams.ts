import { type ChildProcess, fork } from 'node:child_process'
import { afterEach } from 'vitest'
import { createProducer } from '../../src/kafka/producer.ts'
import { runStream, type Stream, type StreamDeps, type StreamTask } from '../../src/kafka/stream.ts'
import { brokers, client } from './kafka-cluster.ts'
import type { WorkerConfig, WorkerNews } from './kafka-worker.ts'

export const PARTITIONS = 4
/** Run after each test, the last first. */
export const cleanups: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

export async function feed(topic: string, count: number): Promise<string[]> {
  // Small record batches, since a worker takes one at least: a kill must meet many transactions.
  const producer = await createProducer({ client, report: () => undefined, batchMaxRecords: 5 })
  const values = Array.from({ length: count }, (_, i) => `${i % PARTITIONS}:${i}`)
  await producer.sendAll(values.map((value, i) => ({ topic, partition: i % PARTITIONS, key: null, value: Buffer.from(value) })))
  await producer.close()
  return values
}

export async function stream(
  groupId: string,
  topics: { name: string; commit: boolean }[],
  task: Partial<StreamTask>,
  writes: string[] = [],
  others: Partial<StreamDeps> = {},
): Promise<Stream> {
  const made = await runStream({
    client,
    groupId,
    instanceId: 's-0',
    transactionalId: groupId,
    topics,
    writes,
    coPartitioned: true,
    report: () => undefined,
    onFatal: (error) => {
      throw error
    },
    task: { onAssigned: () => undefined, onBatch: async () => undefined, ...task },
    ...others,
  })
  await made.ready
  return made
}

/** A worker that is started again under its name whenever it ends, as the supervisor does. */
export function worker(config: Omit<WorkerConfig, 'brokers'>) {
  const news: WorkerNews[] = []
  let child: ChildProcess
  let ended = false
  const start = (): void => {
    child = fork(new URL('./kafka-worker.ts', import.meta.url), [JSON.stringify({ brokers, ...config })], { execArgv: [] })
    child.on('message', (message: WorkerNews) => news.push(message))
    child.on('exit', () => {
      if (!ended) start()
    })
  }
  start()
  cleanups.push(() => {
    ended = true
    child.kill('SIGKILL')
  })
  return { news, kill: () => child.kill('SIGKILL'), joins: () => news.filter(({ kind }) => kind === 'joined') }
}

export const sum = (offsets: Map<number, number>): number => [...offsets.values()].reduce((total, offset) => total + Math.max(0, offset), 0)
