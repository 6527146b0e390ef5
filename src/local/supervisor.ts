import { join } from 'node:path'
import { restartWaitMs } from '../observe/restart-wait.ts'
import { type Child, endLeftover, startChild } from './child.ts'
import { lastWords } from './last-words.ts'
import { PROJECT, type Progress } from './tools.ts'

export type RoleSpec = {
  /** `edge`, `forward.meta`, ... */
  readonly role: string
  readonly ordinal: number
  /** What `node src/main.ts` is given. */
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

export type Supervisor = {
  start(specs: readonly RoleSpec[]): Promise<void>
  /** Live pids by role, in the order of ordinals. */
  pids(role: string): number[]
  logFile(role: string, ordinal: number): string
  stop(): Promise<void>
}

/** How V8 collects: deploy/decisions/2026-11-27-how-v8-collects.md. As in deploy/Dockerfile. */
const NODE_ARGS = [
  '--disable-warning=ExperimentalWarning',
  '--max-semi-space-size=32',
  '--v8-pool-size=1',
  '--no-allocation-site-pretenuring',
  '--heap-growing-percent=300',
]

/** Each role as its own process, started again under the same ordinal when it dies. `onChange` hears of every new pid. */
export function createSupervisor(deps: {
  readonly dataDir: string
  readonly progress: Progress
  readonly onChange: () => void
  /** What each process runs with its arguments. */
  readonly entry?: string
}): Supervisor {
  const { dataDir, progress, onChange, entry = join(PROJECT, 'src', 'main.ts') } = deps
  const running = new Map<string, Child>()
  const order: string[] = []
  let stopping = false
  const nameOf = (role: string, ordinal: number): string => `${role}-${ordinal}`

  function launch(spec: RoleSpec, waitedMs: number): void {
    const name = nameOf(spec.role, spec.ordinal)
    const startedMs = performance.now()
    const child = startChild({
      name,
      command: process.execPath,
      // The data folder in the command line marks the process as ours for the next start.
      args: [...NODE_ARGS, entry, ...spec.args, `--data=${dataDir}`],
      dataDir,
      env: spec.env,
      cwd: PROJECT,
      tie: 'ipc',
    })
    running.set(name, child)
    child.process.once('exit', (_code, signal) => {
      if (stopping || running.get(name) !== child) return
      const waitMs = restartWaitMs(performance.now() - startedMs, waitedMs)
      progress(`${name} ${signal === null ? `ended: ${lastWords(child.logFile)}` : `was ended by ${signal}`}, starting it again`)
      setTimeout(() => {
        if (!stopping) launch(spec, waitMs)
      }, waitMs)
    })
    onChange()
  }

  return {
    async start(specs) {
      for (const spec of specs) {
        const name = nameOf(spec.role, spec.ordinal)
        await endLeftover(name, dataDir)
        order.push(name)
        launch(spec, 0)
      }
    },
    pids: (role) => order.filter((name) => name.slice(0, name.lastIndexOf('-')) === role).map((name) => running.get(name)?.pid ?? -1),
    logFile: (role, ordinal) => join(dataDir, 'logs', `${nameOf(role, ordinal)}.log`),
    async stop() {
      stopping = true
      await Promise.all([...running.values()].map((child) => child.stop()))
    },
  }
}
