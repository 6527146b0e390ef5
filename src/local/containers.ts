import { GenericContainer, Wait } from 'testcontainers'
import type { Part } from './kafka.ts'

/** The same parts as containers, on the same host ports; used where a Docker engine answers. They have no pid of ours. */
const UP_WITHIN_MS = 180_000

async function start(container: GenericContainer, address: string): Promise<Part> {
  const running = await container.withStartupTimeout(UP_WITHIN_MS).start()
  return { address, pid: -1, stop: async () => void (await running.stop()) }
}

export const kafkaContainer = (port: number): Promise<Part> =>
  start(
    new GenericContainer('apache/kafka:4.3.1')
      .withExposedPorts({ container: 9092, host: port })
      .withEnvironment({
        KAFKA_NODE_ID: '1',
        KAFKA_PROCESS_ROLES: 'broker,controller',
        KAFKA_LISTENERS: 'PLAINTEXT://:9092,CONTROLLER://:9093',
        KAFKA_ADVERTISED_LISTENERS: `PLAINTEXT://127.0.0.1:${port}`,
        KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
        KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
        KAFKA_CONTROLLER_QUORUM_VOTERS: '1@localhost:9093',
        KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '1',
        KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: '1',
        KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: '1',
        KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: '0',
        KAFKA_AUTO_CREATE_TOPICS_ENABLE: 'false',
      })
      .withWaitStrategy(Wait.forLogMessage(/Kafka Server started/)),
    `127.0.0.1:${port}`,
  )

export const registryContainer = (port: number): Promise<Part> =>
  start(
    new GenericContainer('apicurio/apicurio-registry-sql:2.6.13.Final')
      .withExposedPorts({ container: 8080, host: port })
      .withWaitStrategy(Wait.forHttp('/apis/ccompat/v7/subjects', 8080)),
    `http://127.0.0.1:${port}/apis/ccompat/v7`,
  )

export const clickhouseContainer = (port: number): Promise<Part> =>
  start(
    new GenericContainer('clickhouse/clickhouse-server:26.7')
      .withExposedPorts({ container: 8123, host: port })
      .withEnvironment({ CLICKHOUSE_SKIP_USER_SETUP: '1' })
      .withWaitStrategy(Wait.forHttp('/ping', 8123)),
    `http://127.0.0.1:${port}`,
  )
