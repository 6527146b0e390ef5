import type { Config } from '../config.ts'
import { startClickhouse } from './clickhouse.ts'
import { type Part, startKafka } from './kafka.ts'
import { startRegistry } from './registry.ts'
import { hasDocker, type Progress } from './tools.ts'

export type Parts = { readonly kafka: Part; readonly registry: Part; readonly clickhouse: Part }

/** Brings up what the roles stand on. Each part by itself: the one its variable names, else a container where a Docker engine
 *  answers, else a process of this machine. Already started parts end when one fails. */
export async function startParts(config: Config, dataDir: string, progress: Progress): Promise<Parts> {
  const docker = await hasDocker()
  const started: Part[] = []
  const bring = async (
    name: string,
    given: string | undefined,
    container: () => Promise<Part>,
    local: () => Promise<Part>,
  ): Promise<Part> => {
    const startedMs = performance.now()
    const part = given !== undefined ? external(given) : docker ? await container() : await local()
    started.push(part)
    progress(
      `${name} is ${given !== undefined ? 'given' : 'up'} at ${part.address} (${((performance.now() - startedMs) / 1000).toFixed(1)} s)`,
    )
    return part
  }
  const containers = async () => import('./containers.ts')
  const bringing = await Promise.allSettled([
    bring(
      'Kafka',
      config.KAFKA_BROKERS?.join(','),
      async () => (await containers()).kafkaContainer(config.KAFKA_PORT),
      () => startKafka({ dataDir, port: config.KAFKA_PORT, controllerPort: config.KAFKA_CONTROLLER_PORT, progress }),
    ),
    bring(
      'Schema registry',
      config.SCHEMA_REGISTRY_URL,
      async () => (await containers()).registryContainer(config.REGISTRY_PORT),
      () => startRegistry({ dataDir, port: config.REGISTRY_PORT, progress }),
    ),
    bring(
      'ClickHouse',
      config.CLICKHOUSE_URL,
      async () => (await containers()).clickhouseContainer(config.CLICKHOUSE_HTTP_PORT),
      () => startClickhouse({ dataDir, port: config.CLICKHOUSE_HTTP_PORT, tcpPort: config.CLICKHOUSE_TCP_PORT }),
    ),
  ])
  const [kafka, registry, clickhouse] = bringing
  if (kafka.status === 'fulfilled' && registry.status === 'fulfilled' && clickhouse.status === 'fulfilled') {
    return { kafka: kafka.value, registry: registry.value, clickhouse: clickhouse.value }
  }
  await Promise.all(started.map((part) => part.stop()))
  throw bringing.find((one) => one.status === 'rejected')?.reason
}

const external = (address: string): Part => ({ address, pid: -1, stop: async () => undefined })
