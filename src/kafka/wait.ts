import { setTimeout as sleep } from 'node:timers/promises'
import { Fault } from '../events/fault.ts'
import { type KafkaSettings, kafkaClient } from './connect.ts'

/** What is away, how long already, and what its last answer was. */
export type Waiting = { readonly forWhat: string; readonly waitedMs: number; readonly error: string }

export type WaitOptions = {
  /** Throws afterwards; Infinity waits as long as it takes. */
  readonly timeoutMs: number
  /** Hears of it at once, and every ten seconds from then on. */
  readonly onWait?: (waiting: Waiting) => void
}

const POLL_MS = 100
const ASK_WITHIN_MS = 2_000
const TELL_EVERY_MS = 10_000

/** Resolves when a broker answers with a controller. Throws `broker_unreachable` after the timeout. */
export async function waitForBroker(client: KafkaSettings, options: WaitOptions): Promise<void> {
  const quiet = { ...client, report: () => undefined }
  const list = client.brokers.join(', ')
  const ask = async (): Promise<void> => {
    const admin = kafkaClient(quiet, { connectionTimeout: 1_000, requestTimeout: ASK_WITHIN_MS, retry: { retries: 0 } }).admin()
    try {
      await admin.connect()
      const { brokers, controller } = await admin.describeCluster()
      if (brokers.length === 0 || controller === null) throw new Error('the cluster has no controller')
    } finally {
      await admin.disconnect()
    }
  }
  const gone = (error: unknown) => new Fault('broker_unreachable', `No Kafka broker at ${list}. Check KAFKA_BROKERS.`, error)
  await until(ask, `a Kafka broker at ${list}`, gone, options)
}

/** Resolves when the schema registry answers. Throws `part_down` after the timeout. */
export async function waitForRegistry(registryUrl: string, options: WaitOptions): Promise<void> {
  const shown = new URL(registryUrl)
  shown.username = ''
  shown.password = ''
  const ask = async (): Promise<void> => {
    const response = await fetch(`${registryUrl}/subjects`, { signal: AbortSignal.timeout(ASK_WITHIN_MS) })
    await response.arrayBuffer() // read to its end, so that the connection serves again
    if (!response.ok) throw new Error(`it answers ${response.status}`)
  }
  const gone = (error: unknown) =>
    new Fault('part_down', `The schema registry at ${shown} does not answer. Check SCHEMA_REGISTRY_URL.`, error)
  await until(ask, `the schema registry at ${shown}`, gone, options)
}

async function until(ask: () => Promise<void>, forWhat: string, gone: (error: unknown) => Fault, options: WaitOptions): Promise<void> {
  const startedMs = performance.now()
  let tellAtMs = startedMs
  for (;;) {
    try {
      return await ask()
    } catch (error) {
      const nowMs = performance.now()
      if (nowMs - startedMs > options.timeoutMs) throw gone(error)
      if (nowMs >= tellAtMs) {
        tellAtMs = nowMs + TELL_EVERY_MS
        options.onWait?.({ forWhat, waitedMs: Math.round(nowMs - startedMs), error: reasonOf(error) })
      }
    }
    await sleep(POLL_MS)
  }
}

/** fetch hides the reason in the cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause === undefined ? error.message : reasonOf(error.cause)
}
