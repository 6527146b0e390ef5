import cluster from 'node:cluster'
import { randomUUIDv7 } from 'node:crypto'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { required } from '../config.ts'
import { createEdge } from '../edge/app.ts'
import type { EdgeDeps } from '../edge/deps.ts'
import { createAddressLimit } from '../edge/limits/address-limit.ts'
import { createAllowlist } from '../edge/limits/allowlist.ts'
import type { Exchange } from '../edge/limits/exchange.ts'
import { createLimiter } from '../edge/limits/limiter.ts'
import { EDGE_LINGER_MS } from '../edge/linger.ts'
import { holdFolder } from '../edge/spool/hold.ts'
import { openSpool } from '../edge/spool/spool.ts'
import { createStencils } from '../edge/stencils/stencils.ts'
import { createStorage, type Storage } from '../edge/storage.ts'
import { partitionOf } from '../kafka/partition.ts'
import { createProducer, type Producer } from '../kafka/producer.ts'
import { listen } from '../observe/admin.ts'
import { hashUser } from '../platforms/user-forms.ts'
import { createStoreClient } from '../store/client.ts'
import { lookupClick } from '../store/lookup-click.ts'
import { type Context, clickhouseSettings, openContext, type RunRole, ready, type ServeAdmin } from './context.ts'
import { openTryRequest } from './door.ts'
import { openKnowledge } from './edge-knowledge.ts'
import { answerPrimary, createPrimaryExchange, OWN_QUEUES } from './edge-worker.ts'
import { useLargeSlabs } from './shared.ts'

/** A sender waits 1.5 s at most, also on a machine that is short of CPU because brokers start again, and what the broker does not
 *  acknowledge has yet to go to disk. One that acknowledges later is heard all the same. */
const ACK_WITHIN_MS = 500
/** Of one address; whoever has more to say has no key. */
const WRONG_KEYS_PER_MIN = 100
const PRODUCER_CLOSES_WITHIN_MS = 1_000

/** One process that serves the public port. */
export const runEdgeProcess: RunRole = async (config) => {
  useLargeSlabs()
  const context = await openContext('edge', config, cluster.isWorker ? toldToPrimary : undefined)
  const { client, id, report, metrics, log, nowMs, partitions, closing, readiness } = context
  const dir = join(config.SPOOL_DIR, id)
  await holdFolder(dir)
  const { encode, workspaces } = await openKnowledge(context, dir)
  const producer = await createProducer({ client, report, lingerMs: EDGE_LINGER_MS, ackTimeoutMs: ACK_WITHIN_MS })
  // What it still has by then is on disk, or nobody was told that it was kept.
  closing.push(() => Promise.race([producer.close(), sleep(PRODUCER_CLOSES_WITHIN_MS)]))
  const storage = await openStorage(context, producer)
  closing.push(() => storage.close())
  const exchange = await openExchange(context)
  const limiter = createLimiter({ exchange, shares: config.REDIS_URL === undefined ? config.EDGE_SHARES : 1, nowMs, metrics, report })
  closing.push(() => limiter.close())
  const clickhouse = createStoreClient({ ...clickhouseSettings(config), database: config.CLICKHOUSE_DATABASE })
  closing.push(() => clickhouse.close())
  let draining = false
  const encodePostback: EdgeDeps['encode']['postback'] = (value) => encode('postbacks-value', value)
  const { server, close } = createEdge({
    workspaces,
    storage,
    limiter,
    allowlist: createAllowlist(),
    wrongKeys: createAddressLimit(WRONG_KEYS_PER_MIN),
    encode: { postback: encodePostback, click: (value) => encode('clicks-value', value) },
    stencils: createStencils(encodePostback),
    partitionOf,
    partitions: partitions('postbacks'),
    rings: required(config, 'KEY_RINGS'),
    publicUrl: required(config, 'PUBLIC_EDGE_URL').replace(/\/$/, ''),
    allowHttp: config.ALLOW_HTTP,
    trustedProxies: config.TRUSTED_PROXIES,
    hashUser,
    nowMs,
    newId: randomUUIDv7,
    metrics,
    log,
    draining: () => draining,
    readiness: () => readiness,
    tryRequest: openTryRequest(config, randomUUIDv7, (workspaceId, clickId) => lookupClick(clickhouse, workspaceId, clickId)),
  })
  await listen(server, { port: config.EDGE_PORT, reusePort: cluster.isWorker && OWN_QUEUES })
  closing.push(async () => {
    draining = true
    await sleep(config.DRAIN_MS)
    await close()
  })
  ready(context)
}

const toldToPrimary: ServeAdmin = async (_config, told) => {
  answerPrimary(told)
  return { close: () => Promise.resolve() }
}

/** The broker and, behind it, this process's folder of the spool. The first process also sends what was left in folders of processes
 *  that are no more, after EDGE_PROCESSES was lowered. */
async function openStorage(context: Context, producer: Producer): Promise<Storage> {
  const { config, id, metrics, report, closing } = context
  const open = async (name: string): Promise<Storage> => {
    const dir = join(config.SPOOL_DIR, name)
    const spool = await openSpool({ dir, maxBytes: config.SPOOL_MAX_BYTES, report })
    return createStorage({ producer, spool, metrics, report })
  }
  if (config.EDGE_WORKER === 0 && existsSync(config.SPOOL_DIR)) {
    for (const name of readdirSync(config.SPOOL_DIR)) {
      const [, ordinal, number] = /^edge-(\d+)\.(\d+)$/.exec(name) ?? []
      if (Number(ordinal) !== config.ORDINAL || Number(number) < config.EDGE_PROCESSES) continue
      await holdFolder(join(config.SPOOL_DIR, name))
      const left = await open(name)
      closing.push(() => left.close())
    }
  }
  return open(id)
}

/** Where this edge hears what others have counted; null: it is alone. Redis' client is loaded only where there is a Redis. */
async function openExchange({ config, report }: Context): Promise<Exchange | null> {
  if (config.REDIS_URL === undefined) return cluster.isWorker ? createPrimaryExchange() : null
  const { createRedisExchange } = await import('../edge/limits/redis.ts')
  return createRedisExchange(config.REDIS_URL, report)
}
