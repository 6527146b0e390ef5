import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { Fault } from '../events/fault.ts'

/** Why a state folder is not used: the label of the metric and a word of the log. */
export const ASIDE_WHYS = [
  'other_format',
  'other_cluster',
  'other_topic',
  'other_partitions',
  'identity_missing',
  'identity_unreadable',
  'ahead_of_log',
  'corrupt',
  'crashes',
] as const
export type AsideWhy = (typeof ASIDE_WHYS)[number]

/** For whoever looks into them; older ones go, since a disk full of them would stop the process. */
const ASIDES_KEPT = 2
const REASON_FILE = 'set-aside.json'

/** Renames the folder to `<folder>.aside-<UTC time>`, with a file in it that says why, and keeps the last two of such. Works on
 *  whatever kind of thing lies there, and while it is open: open files follow their name, so the process that has them open
 *  must end before it makes new ones. Answers the new name, null when nothing was there. Throws `state_unusable` when the disk
 *  refuses. */
export function setAside(folder: string, why: AsideWhy, detail: string, nowMs: number): string | null {
  const aside = `${folder}.aside-${new Date(nowMs).toISOString().replaceAll(/[-:.]/g, '')}`
  try {
    renameSync(folder, aside)
    for (const old of asidesOf(folder).slice(0, -ASIDES_KEPT)) rmSync(old, { recursive: true, force: true })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    const remedy = 'Check its disk and permissions, or move it away; it is rebuilt from the topics.'
    throw new Fault('state_unusable', `The state folder ${folder} is of no use (${why}) and cannot be set aside. ${remedy}`, error)
  }
  try {
    writeFileSync(join(aside, REASON_FILE), `${JSON.stringify({ why, detail, at: new Date(nowMs).toISOString() })}\n`)
  } catch {} // a full disk, or no folder at all: the log has the reason
  return aside
}

/** The oldest first: the time sorts as text. */
export function asidesOf(folder: string): string[] {
  const prefix = `${basename(folder)}.aside-`
  return readdirSync(dirname(folder))
    .filter((name) => name.startsWith(prefix))
    .toSorted()
    .map((name) => join(dirname(folder), name))
}

/** How many of the folders that are still kept were set aside for each reason. */
export function asideCounts(folder: string): ReadonlyMap<AsideWhy, number> {
  const counts = new Map<AsideWhy, number>(ASIDE_WHYS.map((why) => [why, 0]))
  for (const aside of asidesOf(folder)) {
    const why = reasonOf(aside)
    if (why !== undefined) counts.set(why, (counts.get(why) ?? 0) + 1)
  }
  return counts
}

function reasonOf(aside: string): AsideWhy | undefined {
  try {
    const { why } = JSON.parse(readFileSync(join(aside, REASON_FILE), 'utf8')) as { why: unknown }
    return ASIDE_WHYS.find((one) => one === why)
  } catch {
    return undefined
  }
}
