import { readFileSync } from 'node:fs'
import { flushCompileCache } from 'node:module'
import { topics } from '../../topics/index.ts'
import { type Config, required } from '../config.ts'
import { Fault } from '../events/fault.ts'
import type { PlatformId } from '../events/words.ts'
import type { KafkaSettings } from '../kafka/connect.ts'
import type { AvroSchema } from '../kafka/registry.ts'
import { type Readiness, serveAdmin } from '../observe/admin.ts'
import { createLog, type Log } from '../observe/log.ts'
import { createMetrics, type Metrics } from '../observe/metrics.ts'

export type RunRole = (config: Config, args: readonly string[]) => Promise<void>

export type Context = {
  readonly config: Config
  readonly log: Log
  readonly metrics: Metrics
  readonly client: KafkaSettings
  /** `<role>-<ordinal>`: static member, transactional id, state folder. */
  readonly id: string
  readonly report: KafkaSettings['report']
  readonly nowMs: () => number
  /** Ends the process; its successor starts under the same ids. */
  readonly onFatal: (error: unknown) => void
  /** Turned to ready once, and to not ready when the process is about to go. */
  readonly readiness: Readiness
  readonly partitions: (topic: string) => number
  /** Runs in reverse order on SIGTERM and SIGINT, and on SIGUSR2, which is for good; bounded; then the process exits. */
  readonly closing: Closing[]
}
/** `leave`: the process does not come back, so its partitions go to others at once. */
export type Closing = (how: { readonly leave: boolean }) => Promise<unknown>

const CLOSE_WITHIN_MS = 10_000

/** What every role has: log, metrics, the admin port, the way out. */
export async function openContext(role: string, config: Config, serve: ServeAdmin = ownPort): Promise<Context> {
  const log = createLog(role, config.LOG_LEVEL)
  const admin = await openAdmin(config, log, serve)
  const report: KafkaSettings['report'] = (level, fields, message) => log[level](fields, message)
  const counts = new Map(topics(config.PARTITIONS).map((topic) => [topic.name, topic.partitions]))
  return {
    ...admin,
    config,
    log,
    client: kafkaSettings(config, role, report),
    id: config.EDGE_WORKER === 0 ? `${role}-${config.ORDINAL}` : `${role}-${config.ORDINAL}.${config.EDGE_WORKER}`,
    report,
    nowMs: Date.now,
    onFatal(error) {
      log.error({ error: error instanceof Error ? `${error.name}: ${error.message}` : String(error) }, 'fatal')
      process.exit(1)
    },
    partitions(topic) {
      const count = counts.get(topic)
      if (count === undefined) throw new Fault('topic_missing', `There is no topic ${topic} in topics/.`)
      return count
    },
  }
}

export type Admin = Pick<Context, 'metrics' | 'readiness' | 'closing'>

/** How the state of a process is told. */
export type ServeAdmin = (config: Config, told: { metrics: Metrics; readiness: () => Readiness }) => Promise<{ close(): Promise<void> }>
const ownPort: ServeAdmin = (config, { metrics, readiness }) =>
  serveAdmin({ port: config.ADMIN_PORT, scrape: () => metrics.registry, readiness })

/** Log apart, what even a role without Kafka has: metrics, the admin port, and a way out that closes in reverse order. */
export async function openAdmin(config: Config, log: Log, serve: ServeAdmin = ownPort): Promise<Admin> {
  const metrics = createMetrics()
  const readiness: Readiness = { ready: false, reason: 'starting' }
  const closing: Closing[] = []
  const admin = await serve(config, { metrics, readiness: () => readiness })
  closing.push(() => admin.close())
  const end = (leave: boolean) => {
    Object.assign(readiness, { ready: false, reason: 'stopping' })
    setTimeout(() => process.exit(1), CLOSE_WITHIN_MS).unref()
    closeAll(closing, leave).then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ error: String(error) }, 'closing failed')
        process.exit(1)
      },
    )
  }
  process.once('SIGTERM', () => end(false))
  process.once('SIGINT', () => end(false))
  process.once('SIGUSR2', () => end(true))
  return { metrics, readiness, closing }
}

export function ready(context: Context): void {
  context.log.info({ pid: process.pid }, 'ready')
  // Node writes what it has compiled when a process ends by itself; one that is killed would leave its successor to do it all again.
  flushCompileCache()
  Object.assign(context.readiness, { ready: true, reason: 'ready' })
}

async function closeAll(closing: readonly Closing[], leave: boolean): Promise<void> {
  for (const close of closing.toReversed()) await close({ leave })
}

export function kafkaSettings(config: Config, clientId: string, report: KafkaSettings['report']): KafkaSettings {
  const { KAFKA_SASL_MECHANISM: mechanism, KAFKA_SASL_USERNAME: username, KAFKA_SASL_PASSWORD: password } = config
  return {
    brokers: required(config, 'KAFKA_BROKERS'),
    clientId,
    report,
    tls: config.KAFKA_TLS,
    ...(mechanism === undefined ? {} : { sasl: { mechanism, username: username ?? '', password: password ?? '' } }),
  }
}

export const clickhouseSettings = (config: Config): { url: string; username: string; password: string } => ({
  url: required(config, 'CLICKHOUSE_URL'),
  username: config.CLICKHOUSE_USER,
  password: config.CLICKHOUSE_PASSWORD,
})

/** Where sandbox destinations of a platform go. */
export const twinUrl = (config: Config, platform: PlatformId): string | undefined =>
  ({ meta: config.TWIN_META_URL, google: config.TWIN_GOOGLE_URL, tiktok: config.TWIN_TIKTOK_URL })[platform]

/** A file of `schemas/` by its name without `.avsc`. */
export const readSchema = (name: string): AvroSchema =>
  JSON.parse(readFileSync(new URL(`../../schemas/${name}.avsc`, import.meta.url), 'utf8')) as AvroSchema

/** The schemas of some topics, by the subject of their values. */
export function schemasOf(config: Config, names: readonly string[]): Record<string, AvroSchema> {
  const wanted = topics(config.PARTITIONS).filter(({ name }) => names.includes(name))
  return Object.fromEntries(wanted.map(({ name, schema }) => [`${name}-value`, readSchema(schema)]))
}
