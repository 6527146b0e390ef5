import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { waitForBroker } from '../kafka/admin.ts'
import { type Child, endLeftover, startChild, waitUntil } from './child.ts'
import { jars, type Progress, requireFreePort, requireJava } from './tools.ts'

export type Part = { readonly address: string; readonly pid: number; stop(): Promise<void> }

/** The settings of a single broker that shares two cores with everything else: few threads, small logs for its own topics,
 *  and no waiting where a cluster would wait. */
const SETTINGS: Readonly<Record<string, string | number>> = {
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
  'transaction.abort.timed.out.transaction.cleanup.interval.ms': 1_000,
  'num.network.threads': 2,
  'num.io.threads': 3,
  'background.threads': 2,
  'log.cleaner.dedupe.buffer.size': 16_777_216,
  'log.index.size.max.bytes': 1_048_576,
}
const UP_WITHIN_MS = 60_000

/** A real Apache Kafka in KRaft mode as a process of this machine; its data lies in `<data>/kafka`. */
export async function startKafka(options: { dataDir: string; port: number; controllerPort: number; progress: Progress }): Promise<Part> {
  const { dataDir, port, controllerPort, progress } = options
  await requireJava()
  await endLeftover('kafka', dataDir)
  await requireFreePort(port, 'KAFKA_PORT')
  await requireFreePort(controllerPort, 'KAFKA_CONTROLLER_PORT')
  const lib = join(await jars(progress), 'kafka', '*')
  const home = join(dataDir, 'kafka')
  mkdirSync(home, { recursive: true })
  const settings = {
    ...SETTINGS,
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
  writeFileSync(join(home, 'log4j2.yaml'), LOG4J)
  const java = ['-Xmx384m', '-XX:+UseSerialGC', `-Dlog4j2.configurationFile=${join(home, 'log4j2.yaml')}`, '-cp', lib]
  if (!existsSync(join(home, 'log', 'meta.properties'))) {
    progress('Kafka: formatting its storage')
    const format = startChild({
      name: 'kafka-format',
      command: 'java',
      args: [...java, 'kafka.tools.StorageTool', 'format', '-t', 'cG9zdGJhY2tsb2NhbDAwMQ', '-c', file],
      dataDir,
    })
    await waitUntil('formatting of the broker storage', null, async () => format.process.exitCode !== null, UP_WITHIN_MS)
  }
  const child = startChild({ name: 'kafka', command: 'java', args: [...java, 'kafka.Kafka', file], dataDir })
  await untilUp(child, `127.0.0.1:${port}`)
  return { address: `127.0.0.1:${port}`, pid: child.pid, stop: () => child.stop() }
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

const LOG4J = `Configuration:
  Appenders:
    Console:
      name: out
      PatternLayout:
        pattern: "%d %p %c{1} %m%n"
  Loggers:
    Root:
      level: warn
      AppenderRef:
        ref: out
`
