import { deadOf } from '../kafka/dead.ts'
import { createProducer } from '../kafka/producer.ts'
import { createStoreClient } from '../store/client.ts'
import { runStore } from '../store/run.ts'
import { createSink } from '../store/sink.ts'
import { clickhouseSettings, openContext, type RunRole, ready } from './context.ts'
import { encoder, openCodec, openDeadRatio } from './shared.ts'

/** On the way out, how long a batch may still wait for ClickHouse: what is not stored by then comes again. */
const GIVE_UP_AFTER_MS = 5_000
/** How soon readiness shows that ClickHouse refuses, and that it takes again. */
const WATCH_EVERY_MS = 1_000

export const store: RunRole = async (config) => {
  const context = await openContext('store', config)
  const { client, id, report, metrics, log, nowMs, onFatal, closing, readiness } = context
  const codec = await openCodec(context, ['postbacks', 'outcomes', 'clicks'])
  const clickhouse = createStoreClient({ ...clickhouseSettings(config), database: config.CLICKHOUSE_DATABASE })
  closing.push(() => clickhouse.close())
  const producer = await createProducer({ client, report })
  closing.push(() => producer.close())
  const encode = encoder(codec)
  const leaving = new AbortController()
  const sink = createSink({ client: clickhouse, log, metrics, signal: leaving.signal })
  const consumer = await runStore({
    client,
    groupId: 'store',
    instanceId: id,
    codec,
    sink,
    async dead(record, error) {
      const dead = deadOf(record, 'store', error, nowMs())
      await producer.send({ topic: 'dead', partition: 0, key: dead.key, value: encode('dead', dead) })
    },
    ratio: openDeadRatio(context),
    metrics,
    report,
    onFatal,
  })
  closing.push(async (how) => {
    setTimeout(() => leaving.abort(), GIVE_UP_AFTER_MS).unref()
    await consumer.stop(how)
  })
  await consumer.ready
  ready(context)
  const watching = setInterval(() => {
    const reason = sink.trouble()
    Object.assign(readiness, reason === null ? { ready: true, reason: 'ready' } : { ready: false, reason })
  }, WATCH_EVERY_MS)
  closing.push(async () => clearInterval(watching))
}
