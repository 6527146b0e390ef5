import type { Config } from '../config.ts'
import { keepUpBrokers } from './brokers.ts'
import { startClickhouse } from './clickhouse.ts'
import { keepUp, type Part } from './part.ts'
import { startRegistry } from './registry.ts'
import { hasDocker, type Progress } from './tools.ts'

export type Parts = { readonly kafka: Part; readonly registry: Part; readonly clickhouse: Part }

type Bringing = {
  readonly name: string
  readonly given: string | undefined
  /** Null: what is asked for is run as processes also where there is Docker. */
  readonly container: (() => Promise<Part>) | null
  readonly local: () => Promise<Part>
}

/** Brings up what the roles stand on. Each part by itself: the one its variable names, else a container where a Docker engine
 *  answers, else a process of this machine. Already started parts end when one fails. `onChange` hears of every new pid. */
export async function startParts(config: Config, dataDir: string, progress: Progress, onChange: () => void): Promise<Parts> {
  const docker = await hasDocker()
  const containers = async () => import('./containers.ts')
  const bring = async ({ name, given, container, local }: Bringing): Promise<Part> => {
    const startedMs = performance.now()
    const part = given !== undefined ? external(given) : docker && container !== null ? await container() : await local()
    const tookS = ((performance.now() - startedMs) / 1000).toFixed(1)
    progress(given !== undefined ? `${name} is given at ${part.address}` : `${name} is up at ${part.address} (${tookS} s)`)
    return part
  }
  const bringing = await Promise.allSettled([
    bring({
      name: 'Kafka',
      given: config.KAFKA_BROKERS?.join(','),
      // Three are there to be stopped and killed, and a container has no pid of ours.
      container:
        config.KAFKA_LOCAL_BROKERS === 1 ? async () => (await containers()).kafkaContainer({ dataDir, port: config.KAFKA_PORT }) : null,
      local: () => keepUpBrokers(config, dataDir, progress, onChange),
    }),
    bring({
      name: 'Schema registry',
      given: config.SCHEMA_REGISTRY_URL,
      container: async () => (await containers()).registryContainer({ dataDir, port: config.REGISTRY_PORT }),
      local: () => keepUp('Schema registry', () => startRegistry({ dataDir, port: config.REGISTRY_PORT, progress }), progress, onChange),
    }),
    bring({
      name: 'ClickHouse',
      given: config.CLICKHOUSE_URL,
      container: async () => (await containers()).clickhouseContainer({ dataDir, port: config.CLICKHOUSE_HTTP_PORT }),
      local: () =>
        keepUp(
          'ClickHouse',
          () => startClickhouse({ dataDir, port: config.CLICKHOUSE_HTTP_PORT, tcpPort: config.CLICKHOUSE_TCP_PORT }),
          progress,
          onChange,
        ),
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
