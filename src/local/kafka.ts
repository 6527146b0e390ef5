import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Fault } from '../events/fault.ts'
import { waitForBroker } from '../kafka/wait.ts'
import { type BrokerNode, brokerSettings } from './broker-settings.ts'
import { type Child, endLeftover, startChild, waitUntil } from './child.ts'
import { lastWords } from './last-words.ts'
import type { LocalPart } from './part.ts'
import { requireFreePort } from './ports.ts'
import { jars, type Progress, requireJava } from './tools.ts'

const UP_WITHIN_MS = 120_000
/** Any 16 bytes in base64url; the storage of one data folder keeps to it. */
const CLUSTER = 'cG9zdGJhY2tsb2NhbDAwMQ'

/** A real Apache Kafka in KRaft mode as a process of this machine: one node of `nodes`, which are all the brokers and controllers
 *  there are. Its data lies in `<data>/kafka` when it is alone, else in `<data>/kafka-<id>`. */
export async function startBroker(options: {
  dataDir: string
  node: BrokerNode
  nodes: readonly BrokerNode[]
  progress: Progress
}): Promise<LocalPart> {
  const { dataDir, node, nodes, progress } = options
  const name = nodes.length === 1 ? 'kafka' : `kafka-${node.id}`
  await requireJava()
  await endLeftover(name, dataDir)
  await requireFreePort(node.port, node.portVariable)
  await requireFreePort(node.controllerPort, node.controllerPortVariable)
  const lib = join(await jars(progress), 'kafka', '*')
  const home = join(dataDir, name)
  mkdirSync(home, { recursive: true })
  const settings = { ...brokerSettings(node, nodes), 'log.dirs': join(home, 'log') }
  const file = join(home, 'server.properties')
  writeFileSync(
    file,
    Object.entries(settings)
      .map(([key, value]) => `${key}=${value}\n`)
      .join(''),
  )
  writeFileSync(join(home, 'log4j2.properties'), LOG4J)
  const heap = nodes.length === 1 ? '-Xmx384m' : '-Xmx256m'
  const java = [heap, '-XX:+UseSerialGC', `-Dlog4j2.configurationFile=${join(home, 'log4j2.properties')}`, '-cp', lib]
  if (!existsSync(join(home, 'log', 'meta.properties'))) {
    progress(`Kafka: formatting the storage of broker ${node.id}`)
    await format(name, dataDir, [...java, 'kafka.tools.StorageTool', 'format', '-t', CLUSTER, '-c', file])
  }
  const child = startChild({ name, command: 'java', args: [...java, 'kafka.Kafka', file], dataDir, tie: 'guard' })
  const address = `127.0.0.1:${node.port}`
  await untilUp(child, address)
  return { address, pid: child.pid, child, stop: () => child.stop() }
}

async function format(name: string, dataDir: string, args: readonly string[]): Promise<void> {
  const {
    process: tool,
    logFile,
    stop,
  } = startChild({
    name: `${name}-format`,
    command: 'java',
    args,
    dataDir,
    tie: 'guard',
  })
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
