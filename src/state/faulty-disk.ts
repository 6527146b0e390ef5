import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'

/** `killed`: the call and all after it fail, as for a process that is gone. `full`: it fails alone, and nothing that frees room does. */
export type How = 'killed' | 'full'

const FREEING = ['unlinkSync', 'rmSync', 'ftruncateSync', 'renameSync'] as const
const REAL = Object.fromEntries(
  (['openSync', 'closeSync', 'writeSync', 'writeFileSync', ...FREEING] as const).map((name) => [name, fs[name]]),
) as unknown as Pick<typeof fs, 'openSync' | 'closeSync' | 'writeSync' | 'writeFileSync' | (typeof FREEING)[number]>
type Call = (...args: readonly unknown[]) => unknown

/** For tests: lets calls that change the disk fail. What is open can be closed as the end of a process closes it. */
export function faultyDisk() {
  let left = Number.POSITIVE_INFINITY
  let how: How = 'full'
  let failed = 0
  const open = new Set<number>()

  const gated = (name: keyof typeof REAL, changes: (args: readonly unknown[]) => boolean): void => {
    const real = REAL[name] as unknown as Call
    const frees = (FREEING as readonly string[]).includes(name)
    const gate: Call = (...args) => {
      if (!changes(args) || (how === 'full' && frees)) return real(...args)
      if (left-- > 0) return real(...args)
      failed++
      if (how === 'full') left = Number.POSITIVE_INFINITY
      if (name === 'writeSync' && failed % 2 === 0) writeHalf(args as Parameters<typeof writeHalf>[0])
      throw Object.assign(new Error(how), { code: 'ENOSPC' })
    }
    Object.assign(fs, { [name]: gate })
  }
  function writeHalf([fd, bytes, offset = 0, length = bytes.length - offset, position]: readonly [
    number,
    Uint8Array,
    number?,
    number?,
    number?,
  ]) {
    REAL.writeSync(fd, bytes, offset, Math.floor(length / 2), position)
  }

  for (const name of ['writeSync', 'writeFileSync', ...FREEING] as const) gated(name, () => true)
  gated('openSync', ([, flags]) => String(flags).includes('w'))
  const opened = fs.openSync as unknown as Call
  Object.assign(fs, {
    openSync: (...args: readonly unknown[]) => {
      const fd = opened(...args) as number
      open.add(fd)
      return fd
    },
    closeSync: (fd: number) => {
      if (!open.delete(fd)) throw new Error(`${fd} is closed twice`)
      REAL.closeSync(fd)
    },
  })
  syncBuiltinESMExports()

  return {
    /** The call after so many that change the disk fails. */
    failAfter(calls: number, kind: How): void {
      left = calls
      how = kind
    },
    /** Whether it failed since it was last asked; from now on all goes well. */
    heal(): boolean {
      const told = failed > 0
      left = Number.POSITIVE_INFINITY
      failed = 0
      return told
    },
    end(): void {
      for (const fd of open) REAL.closeSync(fd)
      open.clear()
    },
    restore(): void {
      Object.assign(fs, REAL)
      syncBuiltinESMExports()
    },
  }
}
