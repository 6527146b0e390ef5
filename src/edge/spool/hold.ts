import { hash } from 'node:crypto'
import { mkdirSync, realpathSync } from 'node:fs'
import { createServer } from 'node:net'
import { Fault } from '../../events/fault.ts'

/** Keeps every other process of this machine out of a folder until this one ends, however it ends: two that write one spool delete
 *  each other's events. By a socket in Linux's abstract namespace (unix(7)), which has no file to be left behind; elsewhere, and
 *  between containers that share a volume, nothing keeps them out. Throws `spool_taken`, or `spool_unusable` when the folder cannot
 *  be made. */
export async function holdFolder(dir: string): Promise<{ release(): Promise<void> }> {
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw new Fault('spool_unusable', `The spool folder ${dir} cannot be made. Check SPOOL_DIR, its disk and permissions.`, error)
  }
  if (process.platform !== 'linux') return { release: () => Promise.resolve() }
  const server = createServer((socket) => socket.destroy()).unref()
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) =>
      reject(new Fault('spool_taken', `Another edge uses the spool folder ${dir}. Give each its own ORDINAL or SPOOL_DIR.`, error)),
    )
    server.listen({ path: `\0postback-spool-${hash('sha256', realpathSync(dir), 'hex')}`, exclusive: true }, resolve)
  })
  return { release: () => new Promise((done) => server.close(() => done())) }
}
