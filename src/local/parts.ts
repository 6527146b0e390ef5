import type { Config } from '../config.ts'
import { startClickhouse } from './clickhouse.ts'
import { startKafka } from './kafka.ts'
import { keepUp, type LocalPart, type Part } from './part.ts'
import { startRegistry } from './registry.ts'
import { hasDocker, type Progress } from './tools.ts'

export type Parts = { readonly kafka: Part; readonly registry: Part; readonly clickhouse: Part }

type Bringing = {
  readonly name: string
  readonly given: string | undefined
  readonly container: () => Promise<Part>
  readonly local: () => Promise<LocalPart>
}

/** Brings up what the roles stand on. Each part by itself: the one its variable names, else a container where a Docker engine
 *  answers, else a process of this machine. Already started parts end when one fails. `onChange` hears of every new pid. */
export async function startParts(config: Config, dataDir: string, progress: Progress, onChange: () => void): Promise<Parts> {
  const docker = await hasDocker()
  const containers = async () => import('./containers.ts')
  const bring = async ({ name, given, container, local }: Bringing): Promise<Part> => {
    const startedMs = performance.now()
    const part = given !== undefined ? external(given) : docker ? await container() : await keepUp(name, local, progress, onChange)
    const tookS = ((performance.now() - startedMs) / 1000).toFixed(1)
    progress(given !== undefined ? `${name} is given at ${part.address}` : `${name} is up at ${part.address} (${tookS} s)`)
    return part
  }
  const bringing = await Promise.allSettled([
    bring({
      name: 'Kafka',
      given: config.KAFKA_BROKERS?.join(','),
      container: async () => (await containers()).kafkaContainer({ dataDir, port: config.KAFKA_PORT }),
      local: () => startKafka({ dataDir, port: config.KAFKA_PORT, controllerPort: config.KAFKA_CONTROLLER_PORT, progress }),
    }),
    bring({
      name: 'Schema registry',
      given: config.SCHEMA_REGISTRY_URL,
      container: async () => (await containers()).registryContainer({ dataDir, port: config.REGISTRY_PORT }),
      local: () => startRegistry({ dataDir, port: config.REGISTRY_PORT, progress }),
    }),
    bring({
      name: 'ClickHouse',
      given: config.CLICKHOUSE_URL,
      container: async () => (await containers()).clickhouseContainer({ dataDir, port: config.CLICKHOUSE_HTTP_PORT }),
      local: () => startClickhouse({ dataDir, port: config.CLICKHOUSE_HTTP_PORT, tcpPort: config.CLICKHOUSE_TCP_PORT }),
    }),
  ])
  const [kafka, registry, clickhouse] = bringing
  if (kafka.status === 'fulfilled' && registry.status === 'fulfilled' && clickhouse.status === 'fulfilled') {
    return { kafka: kafka.value, registry: registry.value, clickhouse: clickhouse.value }
  }
  await Promise.all(bringing.map((one) => (one.status === 'fulfilled' ? one.value.stop() : undefined)))
  throw bringing.find((one) => one.status === 'rejected')?.reason
}

const external = (address: string): Part => ({ address, pid: -1, stop: async () => undefined })
