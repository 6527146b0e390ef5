import { setTimeout as sleep } from 'node:timers/promises'
import { Fault } from '../events/fault.ts'
import type { Child } from './child.ts'
import type { Progress } from './tools.ts'

/** Something the roles stand on, up and answering. */
export type Part = {
  readonly address: string
  /** -1 when it is no process of ours. */
  readonly pid: number
  /** Where it is several processes: all of them, `pid` the first. */
  readonly pids?: readonly number[]
  stop(): Promise<void>
}
export type LocalPart = Part & { readonly child: Child }

const AGAIN_AFTER_MS = 500
const TRIES = 5
const STOP_WITHIN_MS = 2_000

/** A part as a process of this machine, started again on its own data when it dies: a stack in which the broker was killed
 *  must come back by itself, as it would under any supervisor. `pid` is that of the process that runs. */
export async function keepUp(name: string, start: () => Promise<LocalPart>, progress: Progress, onChange: () => void): Promise<Part> {
  let stopping = false
  let restarting: Promise<void> = Promise.resolve()
  let current = watch(await start())

  function watch(part: LocalPart): LocalPart {
    part.child.process.once('exit', (code, signal) => {
      if (stopping) return
      progress(`${name} ended (${signal ?? `code ${code}`}), starting it again`)
      restarting = again()
    })
    return part
  }

  async function again(): Promise<void> {
    for (let left = TRIES; left > 0; left--) {
      await sleep(AGAIN_AFTER_MS)
      if (stopping) return
      try {
        const part = await start()
        current = watch(part)
        if (stopping) return await part.stop()
        onChange()
        return progress(`${name} is up again at ${part.address}`)
      } catch (error) {
        progress(error instanceof Fault ? error.message : String(error))
      }
    }
    if (!stopping) progress(`${name} does not come up again: stop the stack, and start it anew when its log is clear`)
  }

  return {
    address: current.address,
    get pid() {
      return current.pid
    },
    async stop() {
      stopping = true
      await current.stop()
      // One that is just coming up again is ended with what is left in the folder.
      await Promise.race([restarting, sleep(STOP_WITHIN_MS, undefined, { ref: false })])
    },
  }
}
