import { type Guarantee, runStream } from '../../src/kafka/stream.ts'

/** A process of its own that copies `input` to `output`, exactly once unless it promises less, until it is killed, or told to `leave` its group for good.
 *  Tells its parent what happens. */
export type WorkerConfig = {
  brokers: readonly string[]
  input: string
  output: string
  groupId: string
  instanceId: string
  /** How far its state of each partition reaches, as it says when it joins. */
  checkpoints?: Readonly<Record<number, number>>
  /** By default yes. */
  coPartitioned?: boolean
  overlapped?: boolean
  guarantee?: Guarantee
}
export type WorkerNews =
  | { kind: 'joined'; partitions: readonly number[] }
  | { kind: 'batch'; partition: number }
  | { kind: 'fatal'; why: string }

const config = JSON.parse(process.argv[2] ?? '') as WorkerConfig
const tell = (news: WorkerNews): void => void process.send?.(news)

const stream = await runStream({
  client: { brokers: config.brokers, clientId: config.instanceId, report: () => undefined },
  groupId: config.groupId,
  instanceId: config.instanceId,
  transactionalId: `${config.groupId}-${config.instanceId}`,
  guarantee: config.guarantee ?? 'exactly_once',
  topics: [{ name: config.input, commit: true }],
  writes: [config.output],
  coPartitioned: config.coPartitioned ?? true,
  // One record batch at a time and no pause between transactions: a kill meets one that is open.
  maxBytesPerPartition: 150,
  commitIntervalMs: 1,
  overlapped: config.overlapped ?? false,
  report: () => undefined,
  onFatal: (error) => {
    tell({ kind: 'fatal', why: error instanceof Error ? error.message : String(error) })
    process.exit(1)
  },
  task: {
    checkpoints: () => new Map(Object.entries(config.checkpoints ?? {}).map(([partition, offset]) => [Number(partition), offset])),
    onAssigned: (assignment) => tell({ kind: 'joined', partitions: assignment.get(config.input) ?? [] }),
    onBatch: async (batch, outbox) => {
      tell({ kind: 'batch', partition: batch.partition })
      for (const { partition, key, value } of batch.records) outbox.put({ topic: config.output, partition, key, value })
      return undefined
    },
  },
})
process.on('disconnect', () => process.exit(0))
process.on('message', async () => {
  await stream.stop({ leave: true })
  process.exit(0)
})
