import { createHash } from 'node:crypto'
import { GenericContainer, Wait } from 'testcontainers'
import { BROKER_SETTINGS } from './broker-settings.ts'
import type { Part } from './part.ts'

/** The same parts as containers, on the same host ports; used where a Docker engine answers. They have no pid of ours.
 *  What they store lies in volumes named after the data folder, so that the next start finds it. */
const UP_WITHIN_MS = 180_000

type Wanted = { readonly dataDir: string; readonly port: number }

async function start(container: GenericContainer, address: string): Promise<Part> {
  const running = await container.withStartupTimeout(UP_WITHIN_MS).start()
  return { address, pid: -1, stop: async () => void (await running.stop()) }
}

const volume = (dataDir: string, part: string, target: string) => [
  { source: `postback-${createHash('sha256').update(dataDir).digest('hex').slice(0, 12)}-${part}`, target },
]

/** `auto.create.topics.enable` is KAFKA_AUTO_CREATE_TOPICS_ENABLE to the image. */
const asEnvironment = (settings: Readonly<Record<string, string | number>>): Record<string, string> =>
  Object.fromEntries(Object.entries(settings).map(([name, value]) => [`KAFKA_${name.toUpperCase().replaceAll('.', '_')}`, String(value)]))

export const kafkaContainer = ({ dataDir, port }: Wanted): Promise<Part> =>
  start(
    new GenericContainer('apache/kafka:4.3.1')
      .withExposedPorts({ container: 9092, host: port })
      .withBindMounts(volume(dataDir, 'kafka', '/var/lib/kafka/data'))
      .withEnvironment({
        ...asEnvironment(BROKER_SETTINGS),
        KAFKA_LISTENERS: 'PLAINTEXT://:9092,CONTROLLER://:9093',
        KAFKA_ADVERTISED_LISTENERS: `PLAINTEXT://127.0.0.1:${port}`,
        KAFKA_CONTROLLER_QUORUM_VOTERS: '1@localhost:9093',
        KAFKA_LOG_DIRS: '/var/lib/kafka/data',
        KAFKA_HEAP_OPTS: '-Xmx384m',
      })
      .withWaitStrategy(Wait.forLogMessage(/Kafka Server started/)),
    `127.0.0.1:${port}`,
  )

/** The image named for memory is the application we run without Docker; it keeps its data where the JDBC URL says. */
export const registryContainer = ({ dataDir, port }: Wanted): Promise<Part> =>
  start(
    new GenericContainer('apicurio/apicurio-registry-mem:2.6.13.Final')
      .withExposedPorts({ container: 8080, host: port })
      .withBindMounts(volume(dataDir, 'registry', '/registry'))
      .withUser('0') // the volume belongs to root
      .withEnvironment({ QUARKUS_DATASOURCE_JDBC_URL: 'jdbc:h2:file:/registry/registry', JAVA_OPTIONS: '-Xmx256m' })
      .withWaitStrategy(Wait.forHttp('/apis/ccompat/v7/subjects', 8080)),
    `http://127.0.0.1:${port}/apis/ccompat/v7`,
  )

export const clickhouseContainer = ({ dataDir, port }: Wanted): Promise<Part> =>
  start(
    new GenericContainer('clickhouse/clickhouse-server:26.7')
      .withExposedPorts({ container: 8123, host: port })
      .withBindMounts(volume(dataDir, 'clickhouse', '/var/lib/clickhouse'))
      .withEnvironment({ CLICKHOUSE_SKIP_USER_SETUP: '1' })
      .withWaitStrategy(Wait.forHttp('/ping', 8123)),
    `http://127.0.0.1:${port}`,
  )
