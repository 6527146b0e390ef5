import { randomUUIDv7 } from 'node:crypto'
import { required } from '../config.ts'
import { createBackOff } from '../console/accounts/back-off.ts'
import { createDirectory } from '../console/accounts/directory.ts'
import { createSessions } from '../console/accounts/sessions.ts'
import { createConsole } from '../console/app.ts'
import { createConsoleServer } from '../console/server.ts'
import { createClientAddress } from '../edge/client-address.ts'
import { createProducer } from '../kafka/producer.ts'
import { listen } from '../observe/admin.ts'
import { createFollower } from '../store/changes.ts'
import { createStoreClient } from '../store/client.ts'
import { getEvent } from '../store/get-event.ts'
import { keyUse } from '../store/key-use.ts'
import { listEvents } from '../store/list-events.ts'
import { lookupClick } from '../store/lookup-click.ts'
import { stats } from '../store/stats.ts'
import { keptUnmapped, unmappedWords } from '../store/unmapped.ts'
import type { Account } from '../workspaces/account.ts'
import type { WorkspaceRecord } from '../workspaces/schema.ts'
import { createSeal } from '../workspaces/seal.ts'
import { createVersionedLog } from '../workspaces/versioned.ts'
import { createWorkspaceWriter } from '../workspaces/write.ts'
import { clickhouseSettings, openContext, type RunRole, ready } from './context.ts'
import { openTryRequest } from './door.ts'
import { encoder, followTopic, openCodec, openWorkspaces } from './shared.ts'

/** Wrong passwords that cost nothing: of one account, and from one address. */
const FREE_TRIES = { account: 5, address: 20 }
const MEND_EVERY_MS = 60_000

export const consoleRole: RunRole = async (config) => {
  const context = await openContext('console', config)
  const { client, report, metrics, log, nowMs, closing, readiness } = context
  const codec = await openCodec(context, ['accounts', 'postbacks'])
  const encode = encoder(codec)
  const producer = await createProducer({ client, report })
  closing.push(() => producer.close())
  const append = (topic: string, key: string, value: object) => producer.send({ topic, partition: 0, key, value: encode(topic, value) })

  const configurations = createVersionedLog<WorkspaceRecord>()
  const workspaces = await openWorkspaces(context, codec, (seen) => configurations.observe(seen))
  const writer = createWorkspaceWriter({
    log: configurations,
    append: (record) => append('workspaces', record.workspace_id, record),
    nowMs,
  })

  const directory = createDirectory()
  const accounts = createVersionedLog<Account>()
  await followTopic<Account>(context, codec, 'accounts', (record, key, offset) =>
    accounts.observe({ record, key, offset, ...directory.apply(record, key) }),
  )
  const backOff = { account: createBackOff(FREE_TRIES.account), address: createBackOff(FREE_TRIES.address) }
  const sessions = createSessions({
    directory,
    log: accounts,
    append: (record) => append('accounts', record.account_id, record),
    backOff,
    nowMs,
  })
  const mend = () =>
    Promise.all([writer.mend(), sessions.mend()]).catch((error: unknown) => log.warn({ error: String(error) }, 'console.mend_failed'))
  const mending = setInterval(mend, MEND_EVERY_MS)
  closing.push(async () => clearInterval(mending))

  const clickhouse = createStoreClient({ ...clickhouseSettings(config), database: config.CLICKHOUSE_DATABASE })
  closing.push(() => clickhouse.close())
  const { app, close } = createConsole({
    workspaces,
    writer,
    sessions,
    seal: createSeal(required(config, 'CREDENTIALS_KEYS')).seal,
    config: { rings: required(config, 'KEY_RINGS'), publicUrl: required(config, 'PUBLIC_EDGE_URL').replace(/\/$/, ''), nowMs },
    tryRequest: openTryRequest(config, randomUUIDv7, (workspaceId, clickId) => lookupClick(clickhouse, workspaceId, clickId)),
    reads: {
      listEvents: (workspaceId, filters) => listEvents(clickhouse, workspaceId, filters),
      getEvent: (workspaceId, postbackId) => getEvent(clickhouse, workspaceId, postbackId),
      stats: (workspaceId, query) => stats(clickhouse, workspaceId, query),
      unmappedWords: (workspaceId, sourceId, sinceMs) => unmappedWords(clickhouse, workspaceId, sourceId, sinceMs),
      keyUse: (workspaceId, sourceId) => keyUse(clickhouse, workspaceId, sourceId),
      follow: (workspaceId, sinceMs) => createFollower(clickhouse, workspaceId, sinceMs),
    },
    reread: {
      kept: (workspaceId, sourceId, after, limit) => keptUnmapped(clickhouse, workspaceId, sourceId, after, limit),
      publish: (partition, key, postback) => producer.send({ topic: 'postbacks', partition, key, value: encode('postbacks', postback) }),
      workspacesOffset: () => workspaces.appliedOffset(),
      nowMs,
    },
    operatorKey: config.OPERATOR_API_KEY,
    clientAddress: createClientAddress(config.TRUSTED_PROXIES),
    allowHttp: config.ALLOW_HTTP,
    readiness: () => readiness,
    nowMs,
    log,
    metrics,
  })
  const server = createConsoleServer(app.callback())
  await listen(server, { port: config.CONSOLE_PORT })
  closing.push(async () => {
    close()
    server.closeIdleConnections()
    await new Promise<void>((done) => server.close(() => done()))
  })
  await mend()
  ready(context)
}
