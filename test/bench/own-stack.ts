import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type Config, readConfig } from '../../src/config.ts'
import { answers, waitUntil } from '../../src/local/child.ts'
import type { Ending } from '../../src/local/ending.ts'
import { startParts } from '../../src/local/parts.ts'
import { planRoles } from '../../src/local/roles.ts'
import { openSecrets } from '../../src/local/secrets.ts'
import type { Stack } from '../../src/local/stack-file.ts'
import { stackOf } from '../../src/local/stack-of.ts'
import { createSupervisor } from '../../src/local/supervisor.ts'
import { PROJECT } from '../../src/local/tools.ts'
import type { Ground, RunningRole } from './ground.ts'
import { freeBlock } from './ports.ts'

const run = promisify(execFile)
const PORTS = [
  'EDGE_PORT',
  'CONSOLE_PORT',
  'KAFKA_PORT',
  'KAFKA_CONTROLLER_PORT',
  'REGISTRY_PORT',
  'CLICKHOUSE_HTTP_PORT',
  'CLICKHOUSE_TCP_PORT',
  'TWIN_META_PORT',
  'TWIN_GOOGLE_PORT',
  'TWIN_TIKTOK_PORT',
] as const
const ADMIN_PORTS = 24
/** Of the second and third broker, each with its controller. */
const BROKER_PORTS = 4
const READY_WITHIN_MS = 300_000
const NOBODY: Stack['workspace'] = { id: '', api_key: '', admin_email: '', admin_password: '', sources: [] }

/** The parts of `npm start`, its launchers and its supervisor, with data and ports of its own, and of the roles the console
 *  alone: the others are started by the bench, so that a backlog can lie ready before they come. */
export async function openOwnStack(
  ending: Ending,
  tell: (line: string) => void,
): Promise<{ stack: Stack; alone: true; dataDir: string; config: Config; start: Ground['start'] }> {
  const dataDir = mkdtempSync(join(tmpdir(), 'postback-bench-'))
  ending.add(async () => rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 }))
  const base = await freeBlock(PORTS.length + BROKER_PORTS + ADMIN_PORTS)
  const ports = Object.fromEntries(PORTS.map((variable, index) => [variable, String(base + index)]))
  const config = readConfig({
    ...process.env,
    ...ports,
    KAFKA_MORE_PORTS_BASE: String(base + PORTS.length),
    ADMIN_PORT_BASE: String(base + PORTS.length + BROKER_PORTS),
    DATA_DIR: dataDir,
  })
  const secrets = openSecrets(dataDir, process.env)
  const parts = await startParts(config, dataDir, tell, () => undefined)
  ending.add(() => Promise.all(Object.values(parts).map((part) => part.stop())))
  const plan = planRoles(config, dataDir, parts, secrets)
  // Roles take their ports from the environment they inherit.
  const env = { ...plan.env, ...ports }
  for (const command of ['topics', 'migrate'])
    await run(process.execPath, [join(PROJECT, 'src', 'main.ts'), command], { env: { ...process.env, ...env } }).catch(
      (error: { stderr?: string }) => {
        throw new Error(error.stderr?.trim() || `node src/main.ts ${command} failed.`, { cause: error })
      },
    )
  tell('topics and tables are there')

  async function start(role: string, extra: Readonly<Record<string, string>> = {}): Promise<RunningRole> {
    const specs = plan.roles.filter((spec) => spec.role === role).map((spec) => ({ ...spec, env: { ...spec.env, ...ports, ...extra } }))
    const supervisor = createSupervisor({ dataDir, progress: tell, onChange: () => undefined })
    const startedMs = performance.now()
    await supervisor.start(specs)
    ending.add(() => supervisor.stop())
    const up = specs.map(({ adminUrl }) => waitUntil(`role ${role}`, null, () => answers(`${adminUrl}/readyz`), READY_WITHIN_MS))
    const ready = Promise.all(up).then(() => performance.now() - startedMs)
    ready.catch(() => undefined) // whoever waits for it gets it
    return { pids: supervisor.pids(role), ready, stop: () => supervisor.stop() }
  }

  await (await start('console')).ready
  const stack = stackOf(plan, parts, () => [], NOBODY, secrets.OPERATOR_API_KEY)
  return { stack, alone: true, dataDir, config, start }
}
