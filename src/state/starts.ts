import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'

/** Starts in a row whose process was ended by a signal: a memory-mapped file that is broken ends it that way, and `kill -9` too. */
const Starts = z.object({
  /** Of those, the last ones that did not live to see the folder opened and checked. */
  opening: z.int().nonnegative(),
  /** Those that did not live until the folder was settled. */
  unsettled: z.int().nonnegative(),
})
export type Starts = z.infer<typeof Starts>

const OPENING_MAX = 2
/** Many, since whoever kills a process every few seconds must not make it lose its state as well. */
const UNSETTLED_MAX = 10

export const NO_STARTS: Starts = { opening: 0, unsettled: 0 }
/** The folder itself may be what ends the process. */
export const suspicious = ({ opening, unsettled }: Starts): boolean => opening >= OPENING_MAX || unsettled >= UNSETTLED_MAX
export const begun = ({ opening, unsettled }: Starts): Starts => ({ opening: opening + 1, unsettled: unsettled + 1 })
export const opened = ({ unsettled }: Starts): Starts => ({ opening: 0, unsettled })

const STARTS_FILE = 'starts.json'

/** None when the last process ended in order, or had settled. */
export function readStarts(folder: string): Starts {
  try {
    return Starts.parse(JSON.parse(readFileSync(join(folder, STARTS_FILE), 'utf8')))
  } catch {
    return NO_STARTS
  }
}

export const writeStarts = (folder: string, starts: Starts): void => writeFileSync(join(folder, STARTS_FILE), JSON.stringify(starts))

export const forgetStarts = (folder: string): void => rmSync(join(folder, STARTS_FILE), { force: true })
