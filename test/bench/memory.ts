import { lstatSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Bytes. `rssAnon` is what a process has for itself: pages of files it has mapped, as LMDB's, the kernel may take back. */
export type Memory = { readonly rss: number; readonly rssAnon: number }

/** VmRSS and RssAnon of proc_pid_status(5). Throws when one is not there. */
export function memoryIn(status: string): Memory {
  const bytes = (name: string): number => {
    const kb = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]
    if (kb === undefined) throw new Error(`no ${name} in /proc/<pid>/status`)
    return Number(kb) * 1_024
  }
  return { rss: bytes('VmRSS'), rssAnon: bytes('RssAnon') }
}

export function memoryOf(pids: readonly number[]): Memory {
  const each = pids.map((pid) => memoryIn(readFileSync(`/proc/${pid}/status`, 'utf8')))
  return each.reduce((sum, one) => ({ rss: sum.rss + one.rss, rssAnon: sum.rssAnon + one.rssAnon }), { rss: 0, rssAnon: 0 })
}

const BLOCK_BYTES = 512

/** What a folder takes on the disk: blocks, since files may have holes. What goes away meanwhile is not counted. */
export function diskBytes(path: string): number {
  try {
    const stat = lstatSync(path)
    if (!stat.isDirectory()) return stat.blocks * BLOCK_BYTES
    return readdirSync(path).reduce((sum, name) => sum + diskBytes(join(path, name)), 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0
    throw error
  }
}
