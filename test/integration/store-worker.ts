import { readFileSync } from 'node:fs'
import { createCodec } from '../../src/kafka/codec.ts'
import { createMetrics } from '../../src/observe/metrics.ts'
import { createStoreClient } from '../../src/store/client.ts'
import { runStore } from '../../src/store/run.ts'
import { createSink } from '../../src/store/sink.ts'

/** A store of its own, into a database of its own, until it is killed. Tells its parent what happens. */
export type WorkerConfig = {
  readonly brokers: readonly string[]
  readonly registryUrl: string
  readonly clickhouseUrl: string
  readonly database: string
  readonly groupId: string
}
export type WorkerNews =
  | { kind: 'dead'; topic: string; partition: number; offset: number; error: string }
  | { kind: 'flush' }
  | { kind: 'start'; why: string }
  | { kind: 'fatal'; why: string }

const config = JSON.parse(process.argv[2] ?? '') as WorkerConfig
const tell = (news: WorkerNews): void => void process.send?.(news)
const schema = (name: string) => JSON.parse(readFileSync(`schemas/${name}.avsc`, 'utf8'))
const silent = () => undefined

const codec = await createCodec({
  registryUrl: config.registryUrl,
  schemas: { 'postbacks-value': schema('postback'), 'outcomes-value': schema('outcome'), 'clicks-value': schema('click') },
})
const metrics = createMetrics()
const sink = createSink({
  client: createStoreClient({ url: config.clickhouseUrl, username: 'default', password: '', database: config.database }),
  log: { debug: silent, info: silent, warn: silent, error: silent },
  metrics,
  signal: new AbortController().signal,
})
await runStore({
  client: { brokers: config.brokers, clientId: config.groupId, report: silent },
  groupId: config.groupId,
  instanceId: `${config.groupId}-0`,
  codec,
  sink: {
    ...sink,
    write(batches) {
      tell({ kind: 'flush' })
      return sink.write(batches)
    },
  },
  dead: async ({ topic, partition, offset }, error) => tell({ kind: 'dead', topic, partition, offset, error: error.message }),
  metrics,
  report: (_, fields, message) => {
    if (message === 'store.reads_from_start') tell({ kind: 'start', ...(fields as { why: string }) })
  },
  onFatal(error) {
    tell({ kind: 'fatal', why: error instanceof Error ? error.message : String(error) })
    process.exit(1)
  },
})
process.on('disconnect', () => process.exit(0))
