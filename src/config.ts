import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { Fault } from './events/fault.ts'

const list = (text: string): string[] =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')

const ring = z.string().transform((text, ctx) => {
  const rings = list(text).map((entry) => {
    const colon = entry.indexOf(':')
    return { id: entry.slice(0, colon), secret: Buffer.from(entry.slice(colon + 1), 'base64') }
  })
  if (rings.length === 0 || rings.some((one) => !/^[a-z0-9]{1,16}$/.test(one.id) || one.secret.length < 32)) {
    ctx.addIssue({ code: 'custom', message: 'must be `<id>:<base64 of at least 32 bytes>`, comma separated, the first one signs' })
    return z.NEVER
  }
  return rings
})
export type Ring = { readonly id: string; readonly secret: Buffer }

const port = z.coerce.number().int().min(1).max(65_535)
const count = z.coerce.number().int().min(1).max(64)
const optional = z.string().min(1).optional()

const Env = z.object({
  /** `host:port`, comma separated. */
  KAFKA_BROKERS: z.string().min(1).transform(list).optional(),
  KAFKA_SASL_MECHANISM: z.enum(['plain', 'scram-sha-256', 'scram-sha-512']).optional(),
  KAFKA_SASL_USERNAME: optional,
  KAFKA_SASL_PASSWORD: optional,
  KAFKA_TLS: z.stringbool().default(false),
  SCHEMA_REGISTRY_URL: z.url().optional(),
  CLICKHOUSE_URL: z.url().optional(),
  CLICKHOUSE_USER: z.string().default('default'),
  CLICKHOUSE_PASSWORD: z.string().default(''),
  CLICKHOUSE_DATABASE: z
    .string()
    .regex(/^[a-z_][a-z0-9_]*$/)
    .default('postback'),
  REDIS_URL: z.url().optional(),
  TWIN_META_URL: z.url().optional(),
  TWIN_GOOGLE_URL: z.url().optional(),
  TWIN_TIKTOK_URL: z.url().optional(),
  EDGE_PORT: port.default(8080),
  CONSOLE_PORT: port.default(8090),
  ADMIN_PORT: port.default(9400),
  /** Where senders reach the edge; every URL we hand out begins with it. */
  PUBLIC_EDGE_URL: z.url().optional(),
  /** Secrets of source keys: `<ring id>:<base64>`; the first signs, the others still verify. */
  KEY_RINGS: ring.optional(),
  /** Keys of destination credentials at rest, same form; the first seals. */
  CREDENTIALS_KEYS: ring.optional(),
  OPERATOR_API_KEY: z.string().min(24).optional(),
  STATE_DIR: z.string().default('.local/state'),
  SPOOL_DIR: z.string().default('.local/spool'),
  /** Of each edge process. */
  SPOOL_MAX_BYTES: z.coerce.number().int().min(1_048_576).default(1_073_741_824),
  /** How long an edge that was told to stop says so before it takes no more connections. */
  DRAIN_MS: z.coerce.number().int().min(0).max(5_000).default(2_000),
  DATA_DIR: z.string().default('.local'),
  /** Number of this process within its role. */
  ORDINAL: z.coerce.number().int().min(0).default(0),
  ALLOW_HTTP: z.stringbool().default(false),
  /** Addresses or CIDR ranges whose X-Forwarded-* headers count. */
  TRUSTED_PROXIES: z.string().default('').transform(list),
  /** P, for life. */
  PARTITIONS: z.coerce.number().int().min(1).max(1_024).default(12),
  REPLICATION_FACTOR: z.coerce.number().int().min(1).max(9).default(1),
  /** For measuring what exactly once costs. With `at_least_once` a crash attributes and delivers again. */
  ATTRIBUTION_GUARANTEE: z.enum(['exactly_once', 'at_least_once']).default('exactly_once'),
  /** Edges elsewhere that share the senders with this one and no Redis: each has its part of every limit. */
  EDGE_SHARES: z.coerce.number().int().min(1).max(1_000).default(1),
  EDGE_PROCESSES: count.default(1),
  /** Which of them this one is; set by the one that starts them. */
  EDGE_WORKER: z.coerce.number().int().min(0).default(0),
  ATTRIBUTION_PROCESSES: count.default(1),
  FORWARD_PROCESSES: count.default(1),
  STORE_PROCESSES: count.default(1),
  /** Brokers of the local stack: three for what must outlive the loss of one. */
  KAFKA_LOCAL_BROKERS: z.coerce
    .number()
    .refine((brokers) => brokers === 1 || brokers === 3, 'must be 1 or 3')
    .default(1),
  KAFKA_PORT: port.default(9092),
  KAFKA_CONTROLLER_PORT: port.default(9093),
  KAFKA_MORE_PORTS_BASE: port.default(9094),
  REGISTRY_PORT: port.default(8081),
  CLICKHOUSE_HTTP_PORT: port.default(8123),
  CLICKHOUSE_TCP_PORT: port.default(9000),
  TWIN_META_PORT: port.default(8101),
  TWIN_GOOGLE_PORT: port.default(8102),
  TWIN_TIKTOK_PORT: port.default(8103),
  ADMIN_PORT_BASE: port.default(9400),
  /** More of the last 1,000 records than this cannot be read: the process stops. 100: it never does. */
  DEAD_PERCENT_MAX: z.coerce.number().min(0).max(100).default(20),
  LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
})
export type Config = z.infer<typeof Env>

/** Reads the environment once. `X_FILE` names a file that holds X, for secrets. Empty counts as absent.
 *  Throws one Fault that names every variable at fault, and the value of none. */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const values: Record<string, string> = {}
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined || value === '') continue
    if (name.endsWith('_FILE') && name.slice(0, -5) in Env.shape) values[name.slice(0, -5)] = readSecret(name, value)
    else values[name] ??= value
  }
  const parsed = Env.safeParse(values)
  if (parsed.success) return parsed.data
  const faults = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`)
  throw new Fault('config_invalid', `Configuration is not right. ${faults.join('; ')}. See .env.example.`)
}

function readSecret(name: string, path: string): string {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    throw new Fault('config_invalid', `${name} names a file that cannot be read. Point it at a readable file, or unset it.`)
  }
}

/** The value of a variable that a role cannot do without. */
export function required<Name extends keyof Config>(config: Config, name: Name): NonNullable<Config[Name]> {
  const value = config[name]
  if (value === undefined || value === null)
    throw new Fault('config_invalid', `${name} is not set, and this role needs it. See .env.example.`)
  return value
}
