import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import type { Config } from '../config.ts'
import { Fault } from '../events/fault.ts'
import { answers, commandOf, waitUntil } from './child.ts'
import { openDemo } from './demo.ts'
import { type Parts, startParts } from './parts.ts'
import { rehearse, table } from './rehearsal.ts'
import { planRoles } from './roles.ts'
import { openSecrets } from './secrets.ts'
import { type Stack, writePrivate } from './stack-file.ts'
import { createSupervisor, type Supervisor } from './supervisor.ts'
import { PROJECT } from './tools.ts'
import { fireTraffic } from './traffic.ts'

const run = promisify(execFile)
const ROLES_UP_WITHIN_MS = 90_000

/** `npm start`: the whole path on this machine. Stays up until Ctrl-C; what it stored is there at the next start. */
export async function runLocal(config: Config, args: readonly string[]): Promise<void> {
  const startedMs = performance.now()
  const options = readArgs(args)
  const dataDir = resolve(config.DATA_DIR)
  const progress = (line: string) => console.log(`[${((performance.now() - startedMs) / 1000).toFixed(1).padStart(5)} s] ${line}`)
  const release = lock(dataDir)
  const ends: (() => Promise<unknown>)[] = [async () => release()]
  const end = ending(ends)
  try {
    const secrets = openSecrets(dataDir, process.env)
    const parts = await startParts(config, dataDir, progress)
    ends.push(...Object.values(parts).map((part) => () => part.stop()))
    const plan = planRoles(config, dataDir, parts, secrets)
    await prepareStores(plan.env, progress)

    let write: () => void = () => undefined
    const supervisor = createSupervisor({ dataDir, progress, onChange: () => write() })
    ends.push(() => supervisor.stop())
    await supervisor.start(plan.roles)
    await rolesUp(supervisor, plan.roles)
    progress(`${plan.roles.length} roles are up`)
    const workspace = await openDemo({ dataDir, consoleUrl: plan.consoleUrl, edgeUrl: plan.edgeUrl, operatorKey: secrets.OPERATOR_API_KEY })
    write = () => writePrivate(join(dataDir, 'stack.json'), stackOf(plan, parts, supervisor, workspace, secrets.OPERATOR_API_KEY))
    ends.push(async () => rmSync(join(dataDir, 'stack.json'), { force: true }))
    const stack = stackOf(plan, parts, supervisor, workspace, secrets.OPERATOR_API_KEY)
    if (options.rehearsal) {
      progress('rehearsal: one click and one postback per tracker through the public door')
      console.log(`\n${table(await rehearse(stack))}\n`)
    }
    write()
    announce(stack, dataDir)
    if (options.traffic > 0) {
      const stopTraffic = fireTraffic(stack, options.traffic)
      ends.push(async () => stopTraffic())
    }
  } catch (error) {
    await end()
    throw error
  }
}

function readArgs(args: readonly string[]): { rehearsal: boolean; traffic: number } {
  try {
    const { values } = parseArgs({ args: [...args], options: { traffic: { type: 'string' }, 'no-rehearsal': { type: 'boolean' } } })
    const traffic = Number(values.traffic ?? 0)
    if (!Number.isFinite(traffic) || traffic < 0 || traffic > 10_000)
      throw new Error(`--traffic ${values.traffic} is not a rate between 0 and 10000`)
    return { rehearsal: values['no-rehearsal'] !== true, traffic }
  } catch (error) {
    throw new Fault('config_invalid', `${(error as Error).message}. Known: --traffic <postbacks per second>, --no-rehearsal.`)
  }
}

/** One stack per data folder. */
function lock(dataDir: string): () => void {
  mkdirSync(dataDir, { recursive: true })
  const file = join(dataDir, 'local.pid')
  const pid = existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0
  if (pid !== process.pid && commandOf(pid).includes('local')) {
    throw new Fault(
      'part_down',
      `A stack with the data of ${dataDir} is already running (process ${pid}). Stop it, or set DATA_DIR to another folder.`,
    )
  }
  writeFileSync(file, String(process.pid))
  return () => rmSync(file, { force: true })
}

/** Ctrl-C and SIGTERM end everything in the reverse order of its start, once. */
function ending(ends: readonly (() => Promise<unknown>)[]): () => Promise<void> {
  let over: Promise<void> | null = null
  const all = async () => {
    for (const end of ends.toReversed()) await end()
  }
  const end = () => {
    over ??= all()
    return over
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      console.log('\nstopping')
      end().then(
        () => process.exit(0),
        () => process.exit(1),
      )
    })
  }
  return end
}

async function prepareStores(env: Readonly<Record<string, string>>, progress: (line: string) => void): Promise<void> {
  await Promise.all(
    ['topics', 'migrate'].map(async (command) => {
      const { stdout } = await run(process.execPath, [join(PROJECT, 'src', 'main.ts'), command], { env: { ...process.env, ...env } }).catch(
        (error: { stderr?: string }) => {
          throw new Fault('part_down', error.stderr?.trim() || `node src/main.ts ${command} failed.`)
        },
      )
      progress(stdout.trim())
    }),
  )
}

async function rolesUp(supervisor: Supervisor, roles: ReturnType<typeof planRoles>['roles']): Promise<void> {
  await Promise.all(
    roles.map(({ role, ordinal, adminUrl }) =>
      waitUntil(`role ${role}`, null, () => answers(`${adminUrl}/readyz`), ROLES_UP_WITHIN_MS).catch((error: Fault) => {
        throw new Fault('part_down', `${error.message} Its log is ${supervisor.logFile(role, ordinal)}.`)
      }),
    ),
  )
}

function stackOf(
  plan: ReturnType<typeof planRoles>,
  parts: Parts,
  supervisor: Supervisor,
  workspace: Stack['workspace'],
  operatorKey: string,
): Stack {
  const one = (role: string): number => supervisor.pids(role)[0] ?? -1
  const adminUrls = Map.groupBy(plan.roles, ({ role }) => role)
  return {
    edge_url: plan.edgeUrl,
    console_url: plan.consoleUrl,
    clickhouse_url: parts.clickhouse.address,
    kafka_brokers: parts.kafka.address,
    schema_registry_url: parts.registry.address,
    admin_urls: Object.fromEntries([...adminUrls].map(([role, specs]) => [role, specs.map(({ adminUrl }) => adminUrl)])),
    twins: plan.twins,
    pids: {
      kafka: parts.kafka.pid,
      registry: parts.registry.pid,
      clickhouse: parts.clickhouse.pid,
      edge: supervisor.pids('edge'),
      attribution: supervisor.pids('attribution'),
      forward: { meta: one('forward.meta'), google: one('forward.google'), tiktok: one('forward.tiktok') },
      store: supervisor.pids('store'),
      console: supervisor.pids('console'),
    },
    operator_api_key: operatorKey,
    workspace,
  }
}

function announce(stack: Stack, dataDir: string): void {
  console.log(`Connect page   ${stack.console_url}/connect/postback
Sign in as     ${stack.workspace.admin_email}   password ${stack.workspace.admin_password}
Edge           ${stack.edge_url}
ClickHouse     ${stack.clickhouse_url}
Twins          ${Object.values(stack.twins).join('  ')}
All addresses and keys are in ${join(dataDir, 'stack.json')}; logs in ${join(dataDir, 'logs')}. Ctrl-C stops everything.`)
}
