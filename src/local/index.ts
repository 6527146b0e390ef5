import { execFile } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import type { Config } from '../config.ts'
import { Fault } from '../events/fault.ts'
import { readArgs } from './args.ts'
import { answers, endLeftovers, waitUntil } from './child.ts'
import { openDemo } from './demo.ts'
import { createEnding, type Ending, endOnSignals } from './ending.ts'
import { lastWords } from './last-words.ts'
import { lock } from './lock.ts'
import { startParts } from './parts.ts'
import { requireFreePorts, wantedPorts } from './ports.ts'
import { rehearse } from './rehearsal.ts'
import { type Plan, planRoles, wantedRoles } from './roles.ts'
import { openSecrets } from './secrets.ts'
import { type Stack, writePrivate } from './stack-file.ts'
import { stackOf } from './stack-of.ts'
import { createSupervisor, type Supervisor } from './supervisor.ts'
import { table } from './table.ts'
import { PROJECT, type Progress } from './tools.ts'
import { fireTraffic } from './traffic.ts'

const run = promisify(execFile)
const ROLES_UP_WITHIN_MS = 120_000

/** `npm start`: the whole path on this machine. Stays up until Ctrl-C; what it stored is there at the next start. */
export async function runLocal(config: Config, args: readonly string[]): Promise<void> {
  const options = readArgs(args)
  const dataDir = resolve(config.DATA_DIR)
  const progress = progressSince(performance.now())
  const release = lock(dataDir)
  const ending = createEnding()
  endOnSignals(ending)
  ending.add(async () => release())
  try {
    const stack = await bringUp(config, dataDir, progress, ending)
    if (options.rehearsal) {
      progress('rehearsal: one click and one postback per source, through the public door')
      console.log(`\n${table(await rehearse(stack()))}\n`)
    }
    announce(stack(), dataDir)
    if (options.traffic > 0) {
      const stopTraffic = fireTraffic(stack(), options.traffic)
      ending.add(async () => stopTraffic())
    }
  } catch (error) {
    // Stopped in the middle of starting: whatever failed, failed because of that.
    if (ending.begun) return await ending.run()
    await ending.run()
    throw error
  }
}

/** Parts, topics and tables, roles, the demo workspace; then stack.json, kept current. Answers what it says now. */
async function bringUp(config: Config, dataDir: string, progress: Progress, ending: Ending): Promise<() => Stack> {
  const stackFile = join(dataDir, 'stack.json')
  rmSync(stackFile, { force: true }) // of a stack that was killed: it must not pass for this one
  await endLeftovers(dataDir)
  ending.add(() => endLeftovers(dataDir)) // a part that is just coming up again is nobody's yet
  await requireFreePorts(wantedPorts(config, wantedRoles(config).length))

  let onChange: () => void = () => undefined
  const secrets = openSecrets(dataDir, process.env)
  const parts = await startParts(config, dataDir, progress, () => onChange())
  ending.add(() => Promise.all(Object.values(parts).map((part) => part.stop())))
  const plan = planRoles(config, dataDir, parts, secrets)
  await prepareStores(plan.env, progress)

  const supervisor = createSupervisor({ dataDir, progress, onChange: () => onChange() })
  ending.add(() => supervisor.stop())
  progress(`starting ${plan.roles.length} processes`)
  await supervisor.start(plan.roles)
  await rolesUp(supervisor, plan.roles)
  progress('every process is ready')

  const { consoleUrl, edgeUrl } = plan
  const workspace = await openDemo({ dataDir, consoleUrl, edgeUrl, operatorKey: secrets.OPERATOR_API_KEY })
  const stack = () => stackOf(plan, parts, supervisor.pids, workspace, secrets.OPERATOR_API_KEY)
  onChange = () => writePrivate(stackFile, stack())
  ending.add(async () => {
    onChange = () => undefined
    rmSync(stackFile, { force: true })
  })
  onChange()
  return stack
}

const progressSince =
  (startedMs: number): Progress =>
  (line) =>
    console.log(`[${((performance.now() - startedMs) / 1000).toFixed(1).padStart(5)} s] ${line}`)

async function prepareStores(env: Readonly<Record<string, string>>, progress: Progress): Promise<void> {
  await Promise.all(
    ['topics', 'migrate'].map(async (command) => {
      const { stdout } = await run(process.execPath, [join(PROJECT, 'src', 'main.ts'), command], { env: { ...process.env, ...env } }).catch(
        (error: { stderr?: string }) => {
          throw new Fault('part_down', error.stderr?.trim().replace(/^postback \w+: /, '') || `node src/main.ts ${command} failed.`, error)
        },
      )
      progress(stdout.trim())
    }),
  )
}

async function rolesUp(supervisor: Supervisor, roles: Plan['roles']): Promise<void> {
  await Promise.all(
    roles.map(({ role, ordinal, adminUrl }) =>
      waitUntil(`role ${role}`, null, () => answers(`${adminUrl}/readyz`), ROLES_UP_WITHIN_MS).catch((error: Fault) => {
        const log = supervisor.logFile(role, ordinal)
        throw new Fault('part_down', `${error.message} The last words in ${log}: ${lastWords(log)}`)
      }),
    ),
  )
}

function announce(stack: Stack, dataDir: string): void {
  console.log(`Connect page   ${stack.console_url}/connect/postback
Sign in as     ${stack.workspace.admin_email}, password in stack.json (workspace.admin_password)
Edge           ${stack.edge_url}
ClickHouse     ${stack.clickhouse_url}
Twins          ${Object.values(stack.twins).join('  ')}
All addresses and keys are in ${join(dataDir, 'stack.json')}; logs in ${join(dataDir, 'logs')}. Ctrl-C stops everything.`)
}
