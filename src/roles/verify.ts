import { existsSync, readFileSync } from 'node:fs'
import { topics } from '../../topics/index.ts'
import { type Config, required } from '../config.ts'
import { Fault } from '../events/fault.ts'
import { PLATFORM_IDS } from '../events/words.ts'
import { committedOffsets, logOffsets, partitionCounts } from '../kafka/admin.ts'
import { createCodec } from '../kafka/codec.ts'
import type { KafkaSettings } from '../kafka/connect.ts'
import { createProjection, type Fields, type Projection } from '../kafka/projection.ts'
import { readToEnd } from '../kafka/read-to-end.ts'
import { waitForBroker } from '../kafka/wait.ts'
import type { Stack } from '../local/stack-file.ts'
import { createLog } from '../observe/log.ts'
import { createStoreClient } from '../store/client.ts'
import { acceptedIds } from '../verify/accepted.ts'
import { HELP, readVerifyArgs, type VerifyArgs } from '../verify/args.ts'
import type { Twins } from '../verify/ask-twins.ts'
import { CLICK_FIELDS, DEAD_FIELDS, DELIVERY_FIELDS, OUTCOME_FIELDS, POSTBACK_FIELDS } from '../verify/facts.ts'
import { AUDITED_TOPICS } from '../verify/groups.ts'
import { reportToText } from '../verify/print.ts'
import { type Report, type VerifyOptions, verify } from '../verify/verify.ts'
import { createWorld, type World } from '../verify/world.ts'
import type { WorkspaceRecord } from '../workspaces/schema.ts'
import { clickhouseSettings, kafkaSettings, type RunRole, readSchema, twinUrl } from './context.ts'

const BROKER_WITHIN_MS = 15_000
const REGISTRY_WITHIN_MS = 15_000

/** `node src/main.ts verify`: the audit by id. Sets the exit code: 0 agrees, 1 differences, 2 it could not be done. */
export const verifyCommand: RunRole = async (given, args) => {
  try {
    const wanted = readVerifyArgs(args)
    if (wanted.help) return console.log(HELP)
    const report = await audit(withStack(given, wanted), wanted)
    console.log(wanted.json ? JSON.stringify(report) : reportToText(report))
    process.exitCode = report.agrees ? 0 : 1
  } catch (error) {
    const said = error instanceof Fault ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error)
    console.error(`postback verify: ${said}`)
    process.exitCode = 2
  }
}

async function audit(config: Config, wanted: VerifyArgs): Promise<Report> {
  return runVerify(config, {
    accepted: wanted.acceptedFile === null ? null : acceptedIds(wanted.acceptedFile),
    workspaces: wanted.workspaces,
    sinceMs: wanted.sinceMs,
    settleMs: wanted.settleMs,
    limit: wanted.limit,
    twins: Object.keys(wanted.twins).length > 0 ? wanted.twins : twinsOf(config),
  })
}

/** The audit with the parts that a configuration names, for whoever is in the same process. */
export async function runVerify(config: Config, { twins, ...options }: VerifyOptions & { readonly twins: Twins }): Promise<Report> {
  const log = createLog('verify', 'warn')
  const client = kafkaSettings(config, 'verify', (level, fields, message) => log[level](fields, message))
  await waitForBroker(client, { timeoutMs: BROKER_WITHIN_MS })
  await partitionCounts(client, AUDITED_TOPICS)
  const registryUrl = required(config, 'SCHEMA_REGISTRY_URL')
  const clickhouse = createStoreClient({ ...clickhouseSettings(config), database: config.CLICKHOUSE_DATABASE })
  try {
    const ping = await clickhouse.ping({ select: true })
    if (!ping.success)
      throw new Fault(
        'part_down',
        `ClickHouse at ${config.CLICKHOUSE_URL} does not answer. Check CLICKHOUSE_URL and who signs in.`,
        ping.error,
      )
    await registryAnswers(registryUrl)
    return await verify(
      {
        client,
        report: client.report,
        positions: {
          committed: (groupId, topic) => committedOffsets(client, groupId, topic),
          log: (topic) => logOffsets(client, topic),
        },
        projections: await projectionsOf(config, registryUrl),
        world: await worldOf(client, registryUrl),
        clickhouse,
        twins,
        nowMs: Date.now,
      },
      options,
    )
  } finally {
    await clickhouse.close()
  }
}

async function registryAnswers(url: string): Promise<void> {
  const answer = await fetch(`${url}/subjects`, { signal: AbortSignal.timeout(REGISTRY_WITHIN_MS) }).catch(() => null)
  if (answer?.ok !== true) throw new Fault('part_down', `The schema registry at ${url} does not answer. Check SCHEMA_REGISTRY_URL.`)
}

const FIELDS: Readonly<Record<string, Fields>> = {
  postback: POSTBACK_FIELDS,
  click: CLICK_FIELDS,
  outcome: OUTCOME_FIELDS,
  delivery: DELIVERY_FIELDS,
  dead: DEAD_FIELDS,
}

async function projectionsOf(config: Config, registryUrl: string): Promise<Map<string, Projection>> {
  const projections = new Map<string, Projection>()
  for (const { name, schema } of topics(config.PARTITIONS)) {
    const fields = FIELDS[schema]
    if (!AUDITED_TOPICS.includes(name) || fields === undefined) continue
    projections.set(name, await createProjection({ registryUrl, topic: name, schema: readSchema(schema), fields }))
  }
  return projections
}

async function worldOf(client: KafkaSettings, registryUrl: string): Promise<World> {
  const world = createWorld()
  const codec = await createCodec({ registryUrl, schemas: { 'workspaces-value': readSchema('workspace') } })
  await readToEnd({
    client,
    report: client.report,
    ranges: new Map([['workspaces', await logOffsets(client, 'workspaces')]]),
    async onBatch({ records }) {
      for (const { key, value, offset } of records) {
        const record = value === null ? null : ((await codec.decodeAsync(value)) as WorkspaceRecord)
        world.apply(record, key?.toString() ?? '', offset)
      }
    },
  })
  return world
}

function twinsOf(config: Config): Twins {
  return Object.fromEntries(
    PLATFORM_IDS.flatMap((platform) => {
      const url = twinUrl(config, platform)
      return url === undefined ? [] : [[platform, url]]
    }),
  )
}

/** The addresses of a local stack in place of the environment's. Throws `config_invalid` when there is no such file. */
function withStack(config: Config, { stackFile }: VerifyArgs): Config {
  if (stackFile === null) return config
  if (!existsSync(stackFile)) throw new Fault('config_invalid', `There is no ${stackFile}. Start the local stack, or name its stack.json.`)
  const stack = JSON.parse(readFileSync(stackFile, 'utf8')) as Stack // our own file
  return {
    ...config,
    KAFKA_BROKERS: stack.kafka_brokers.split(','),
    SCHEMA_REGISTRY_URL: stack.schema_registry_url,
    CLICKHOUSE_URL: stack.clickhouse_url,
    TWIN_META_URL: stack.twins.meta,
    TWIN_GOOGLE_URL: stack.twins.google,
    TWIN_TIKTOK_URL: stack.twins.tiktok,
  }
}
