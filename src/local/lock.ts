import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Fault } from '../events/fault.ts'
import { commandOf } from './child.ts'

/** One stack per data folder: throws `part_down` while another holds it. A holder that was killed holds nothing. */
export function lock(dataDir: string): () => void {
  mkdirSync(dataDir, { recursive: true })
  const file = join(dataDir, 'local.pid')
  for (let tries = 0; ; tries++) {
    try {
      writeFileSync(file, `${process.pid}\n`, { flag: 'wx' })
      return () => rmSync(file, { force: true })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || tries > 0) throw taken(dataDir, file, error)
    }
    if (isStack(holder(file))) throw taken(dataDir, file)
    rmSync(file, { force: true })
  }
}

/** A pid is used again by others: only `main.ts local` is a stack. */
const isStack = (pid: number): boolean => pid !== process.pid && /main\.ts[\0 ]local([\0 ]|$)/.test(commandOf(pid))

function holder(file: string): number {
  try {
    return Number(readFileSync(file, 'utf8'))
  } catch {
    return 0
  }
}

const taken = (dataDir: string, file: string, cause?: unknown): Fault =>
  new Fault(
    'part_down',
    `A stack with the data of ${dataDir} is already running (process ${holder(file)}). Stop it, or set DATA_DIR to another folder.`,
    cause,
  )
