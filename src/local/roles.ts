import { join } from 'node:path'
import type { Config } from '../config.ts'
import { PLATFORM_IDS } from '../events/words.ts'
import type { Parts } from './parts.ts'
import type { Secrets } from './secrets.ts'
import type { RoleSpec } from './supervisor.ts'

export type Plan = {
  readonly edgeUrl: string
  readonly consoleUrl: string
  readonly twins: { readonly meta: string; readonly google: string; readonly tiktok: string }
  /** What commands beside the roles need. */
  readonly env: Readonly<Record<string, string>>
  readonly roles: readonly (RoleSpec & { readonly adminUrl: string })[]
}

type WantedRole = { readonly role: string; readonly ordinal: number; readonly args: readonly string[] }

/** Every process of the stack, in the order in which admin ports are given out. */
export const wantedRoles = (config: Config): WantedRole[] => [
  ...processes('twins', 1, ['twins']),
  // It has its processes by itself.
  ...processes('edge', 1, ['edge']),
  ...processes('attribution', config.ATTRIBUTION_PROCESSES, ['attribution']),
  ...PLATFORM_IDS.flatMap((platform) => processes(`forward.${platform}`, config.FORWARD_PROCESSES, ['forward', platform])),
  ...processes('store', config.STORE_PROCESSES, ['store']),
  ...processes('console', 1, ['console']),
]

/** Every process of the stack with its environment; admin ports count up from ADMIN_PORT_BASE in this order. */
export function planRoles(config: Config, dataDir: string, parts: Parts, secrets: Secrets): Plan {
  const local = (port: number): string => `http://127.0.0.1:${port}`
  const edgeUrl = config.PUBLIC_EDGE_URL?.replace(/\/$/, '') ?? local(config.EDGE_PORT)
  const twins = {
    meta: config.TWIN_META_URL ?? local(config.TWIN_META_PORT),
    google: config.TWIN_GOOGLE_URL ?? local(config.TWIN_GOOGLE_PORT),
    tiktok: config.TWIN_TIKTOK_URL ?? local(config.TWIN_TIKTOK_PORT),
  }
  const env: Record<string, string> = {
    ...secrets,
    KAFKA_BROKERS: parts.kafka.address,
    SCHEMA_REGISTRY_URL: parts.registry.address,
    CLICKHOUSE_URL: parts.clickhouse.address,
    TWIN_META_URL: twins.meta,
    TWIN_GOOGLE_URL: twins.google,
    TWIN_TIKTOK_URL: twins.tiktok,
    PUBLIC_EDGE_URL: edgeUrl,
    STATE_DIR: join(dataDir, 'state'),
    SPOOL_DIR: join(dataDir, 'spool'),
    DATA_DIR: dataDir,
    ALLOW_HTTP: process.env.ALLOW_HTTP || 'true',
    DRAIN_MS: process.env.DRAIN_MS || '200',
    REPLICATION_FACTOR: String(replicas(config)),
    NODE_COMPILE_CACHE: join(dataDir, 'compile-cache'),
  }
  const roles = wantedRoles(config).map(({ role, ordinal, args }, index) => {
    const adminPort = config.ADMIN_PORT_BASE + index
    return { role, ordinal, args, adminUrl: local(adminPort), env: { ...env, ADMIN_PORT: String(adminPort), ORDINAL: String(ordinal) } }
  })
  return { edgeUrl, consoleUrl: local(config.CONSOLE_PORT), twins, env, roles }
}

/** Three brokers of our own are there for three replicas. */
const replicas = (config: Config): number =>
  config.KAFKA_BROKERS === undefined ? Math.max(config.REPLICATION_FACTOR, config.KAFKA_LOCAL_BROKERS) : config.REPLICATION_FACTOR

const processes = (role: string, count: number, args: readonly string[]) =>
  Array.from({ length: count }, (_, ordinal) => ({ role, ordinal, args }))
