import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Fault } from '../events/fault.ts'
import { waitForBroker } from '../kafka/admin.ts'
import { type Child, endLeftover, startChild, waitUntil } from './child.ts'
import { lastWords } from './last-words.ts'
import type { LocalPart } from './part.ts'
import { requireFreePort } from './ports.ts'
import { jars, type Progress, requireJava } from './tools.ts'

/** The settings of a single broker that shares two cores with everything else: few threads, small logs for its own topics,
 *  and no waiting where a cluster would wait. */
export const BROKER_SETTINGS: Readonly<Record<string, string | number>> = {
  'process.roles': 'broker,controller',
  'node.id': 1,
  'controller.listener.names': 'CONTROLLER',
  'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
  'auto.create.topics.enable': 'false',
  'offsets.topic.num.partitions': 1,
  'transaction.state.log.num.partitions': 1,
  'offsets.topic.replication.factor': 1,
  'transaction.state.log.replication.factor': 1,
  'transaction.state.log.min.isr': 1,
  'group.initial.rebalance.delay.ms': 0,
  'group.coordinator.append.linger.ms': 0,
  'num.network.threads': 2,
  'num.io.threads': 3,
  'background.threads': 2,
  'log.cleaner.dedupe.buffer.size': 16_777_216,
  'log.index.size.max.bytes': 1_048_576,
  // Killed and started again, it may not register before its former self has expired: 9 s by default.
  'broker.session.timeout.ms': 4_000,
  'broker.heartbeat.interval.ms': 1_000,
}
const UP_WITHIN_MS = 120_000
/** Any 16 bytes in base64url; the storage of one data folder keeps to it. */
const CLUSTER = 'cG9zdGJhY2tsb2NhbDAwMQ'

/** A real Apache Kafka in KRaft mode as a process of this machine; its data lies in `<data>/kafka`. */
export async function startKafka(options: {
  dataDir: string
  port: number
  controllerPort: number
  progress: Progress
}): Promise<LocalPart> {
  const { dataDir, port, controllerPort, progress } = options
  await requireJava()
  await endLeftover('kafka', dataDir)
  await requireFreePort(port, 'KAFKA_PORT')
  await requireFreePort(controllerPort, 'KAFKA_CONTROLLER_PORT')
  const lib = join(await jars(progress), 'kafka', '*')
  const home = join(dataDir, 'kafka')
  mkdirSync(home, { recursive: true })
  const settings = {
    ...BROKER_SETTINGS,
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'log.dirs': join(home, 'log'),
  }
  const file = join(home, 'server.properties')
  writeFileSync(
    file,
    Object.entries(settings)
      .map(([name, value]) => `${name}=${value}\n`)
      .join(''),
  )
  writeFileSync(join(home, 'log4j2.properties'), LOG4J)
  const java = ['-Xmx384m', '-XX:+UseSerialGC', `-Dlog4j2.configurationFile=${join(home, 'log4j2.properties')}`, '-cp', lib]
  if (!existsSync(join(home, 'log', 'meta.properties'))) {
    progress('Kafka: formatting its storage')
    await format(dataDir, [...java, 'kafka.tools.StorageTool', 'format', '-t', CLUSTER, '-c', file])
  }
  const child = startChild({ name: 'kafka', command: 'java', args: [...java, 'kafka.Kafka', file], dataDir, tie: 'guard' })
  await untilUp(child, `127.0.0.1:${port}`)
  return { address: `127.0.0.1:${port}`, pid: child.pid, child, stop: () => child.stop() }
}

async function format(dataDir: string, args: readonly string[]): Promise<void> {
  const { process: tool, logFile, stop } = startChild({ name: 'kafka-format', command: 'java', args, dataDir, tie: 'guard' })
  await waitUntil('formatting of the broker storage', null, async () => tool.exitCode !== null || tool.signalCode !== null, UP_WITHIN_MS)
  await stop()
  if (tool.exitCode !== 0)
    throw new Fault('part_down', `The broker storage could not be formatted. The last words in ${logFile}: ${lastWords(logFile)}`)
}

const untilUp = (child: Child, address: string): Promise<void> =>
  waitUntil(
    'Kafka broker',
    child,
    async () => {
      await waitForBroker({ brokers: [address], clientId: 'local', report: () => undefined }, { timeoutMs: 2_000 })
      return true
    },
    UP_WITHIN_MS,
  )

/** Whatever is wrong goes to the broker's log file; what is right would fill it. */
const LOG4J = `rootLogger.level = warn
rootLogger.appenderRef.out.ref = out
appender.out.type = Console
appender.out.name = out
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = %d %p %c{1} %m%n
`
