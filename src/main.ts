import { readConfig } from './config.ts'
import { Fault } from './events/fault.ts'
import type { RunRole } from './roles/context.ts'

/** Each role is loaded only when it runs, so that the edge never pays for ClickHouse, nor the store for Koa. */
const ROLES: Readonly<Record<string, () => Promise<RunRole>>> = {
  edge: async () => (await import('./roles/edge.ts')).edge,
  attribution: async () => (await import('./roles/attribution.ts')).attribution,
  forward: async () => (await import('./roles/forward.ts')).forward,
  store: async () => (await import('./roles/store.ts')).store,
  console: async () => (await import('./roles/console.ts')).consoleRole,
  twins: async () => (await import('./roles/twins.ts')).twins,
  topics: async () => (await import('./roles/topics.ts')).topicsCommand,
  migrate: async () => (await import('./roles/migrate.ts')).migrate,
  verify: async () => (await import('./roles/verify.ts')).verifyCommand,
  local: async () => (await import('./local/index.ts')).runLocal,
  import: async () => async (_config, args) => (await import('./import/index.ts')).runImport([...args], process.env),
  ctl: async () => async (_config, args) => (await import('./console/ctl/index.ts')).runCtl([...args], process.env),
}

const [role = '', ...args] = process.argv.slice(2)

/** A Fault is one sentence for the operator; anything else is a mistake of ours and comes with its stack. */
function fail(error: unknown): never {
  if (error instanceof Fault) console.error(`postback ${role}: ${error.message}`)
  else console.error(error)
  // Of an audit, 1 is the word for differences.
  process.exit(role === 'verify' ? 2 : 1)
}
process.on('uncaughtException', fail)
process.on('unhandledRejection', fail)
// Started by the local stack: without its parent a role must not stay.
if (process.connected) process.on('disconnect', () => process.exit(0))

try {
  const load = ROLES[role]
  if (load === undefined) {
    throw new Fault(
      'config_invalid',
      `${role === '' ? 'No role was given' : `There is no role ${role}`}. Run: node src/main.ts ${Object.keys(ROLES).join(' | ')}`,
    )
  }
  await (await load())(readConfig(process.env), args)
} catch (error) {
  fail(error)
}
