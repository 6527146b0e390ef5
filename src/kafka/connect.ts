import type { Kafka as KafkaClient, KafkaConfig, LogEntry, SASLOptions } from 'kafkajs'
import { Kafka, logLevel } from './client.ts'
import type { Report } from './record.ts'

export type KafkaSettings = {
  /** `host:port` */
  readonly brokers: readonly string[]
  readonly clientId: string
  readonly sasl?: {
    readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'
    readonly username: string
    readonly password: string
  }
  readonly tls?: boolean
  readonly report: Report
}

/** A client of its own: consumers of one kafkajs object share their committed offsets and wipe each other's.
 *  Retries are explicit, since kafkajs's own defaults differ between its parts and under NODE_ENV=test. */
export function kafkaClient(settings: KafkaSettings, overrides: Partial<KafkaConfig> = {}): KafkaClient {
  return new Kafka({
    clientId: settings.clientId,
    brokers: [...settings.brokers],
    ...(settings.sasl === undefined ? {} : { sasl: settings.sasl as SASLOptions }),
    ...(settings.tls === true ? { ssl: true } : {}),
    connectionTimeout: 3_000,
    requestTimeout: 10_000,
    retry: { initialRetryTime: 50, multiplier: 2, factor: 0.2, maxRetryTime: 1_000, retries: 8 },
    logLevel: logLevel.WARN,
    logCreator: () => bridge(settings.report),
    ...overrides,
  })
}

/** What kafkajs says that is of use; whole requests, responses and stacks are not let through. */
const TOLD = ['groupId', 'memberId', 'broker', 'topic', 'partition', 'error', 'correlationId', 'retryCount', 'retryTime'] as const
/** True of every kafkajs producer whose retries are bounded (ours check what was acknowledged), and the usual answer to
 *  a transaction right after another. */
const EXPECTED = /^Limiting retries for the idempotent producer|another concurrent operation on the same transaction/
/** During an outage kafkajs says the same many times a second. */
const REPEAT_MS = 10_000

function bridge(report: Report): (entry: LogEntry) => void {
  const last = new Map<string, { atMs: number; left: number }>()
  return ({ namespace, level, log }) => {
    if (EXPECTED.test(log.message) || EXPECTED.test(String(log.error))) return
    const nowMs = performance.now()
    const before = last.get(log.message)
    if (before !== undefined && nowMs - before.atMs < REPEAT_MS) {
      before.left++
      return
    }
    if (last.size > 1_000) last.clear()
    last.set(log.message, { atMs: nowMs, left: 0 })
    const fields = Object.fromEntries(TOLD.flatMap((name) => (log[name] === undefined ? [] : [[name, log[name]]])))
    const repeated = before === undefined || before.left === 0 ? {} : { repeated: before.left }
    // kafkajs calls every answer with an error code an error, rebalances included; what matters comes as a Fault.
    report(level <= logLevel.WARN ? 'warn' : 'info', { part: `kafkajs ${namespace}`, ...fields, ...repeated }, log.message)
  }
}
