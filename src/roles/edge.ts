import { randomUUIDv7 } from 'node:crypto'
import { required } from '../config.ts'
import { createEdge } from '../edge/app.ts'
import { partitionOf } from '../kafka/partition.ts'
import { createProducer } from '../kafka/producer.ts'
import { listen } from '../observe/admin.ts'
import { hashUser } from '../platforms/user-forms.ts'
import { createStoreClient } from '../store/client.ts'
import { lookupClick } from '../store/lookup-click.ts'
import { clickhouseSettings, openContext, type RunRole, ready } from './context.ts'
import { openTryRequest } from './door.ts'
import { encoder, openCodec, openWorkspaces } from './shared.ts'

export const edge: RunRole = async (config) => {
  const context = await openContext('edge', config)
  const { client, report, metrics, log, nowMs, partitions, closing, readiness } = context
  const codec = await openCodec(context, ['postbacks', 'clicks'])
  const workspaces = await openWorkspaces(context, codec)
  const producer = await createProducer({ client, report })
  closing.push(() => producer.close())
  const clickhouse = createStoreClient({ ...clickhouseSettings(config), database: config.CLICKHOUSE_DATABASE })
  closing.push(() => clickhouse.close())
  const encode = encoder(codec)
  let draining = false
  const { server, close } = createEdge({
    workspaces,
    producer,
    encode: { postback: (value) => encode('postbacks', value), click: (value) => encode('clicks', value) },
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
  await listen(server, config.EDGE_PORT)
  closing.push(async () => {
    draining = true
    await close()
  })
  ready(context)
}
