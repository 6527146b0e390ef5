import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { AsideWhy } from './set-aside.ts'

/** Counts up with every change of what lies in a state folder that an older or newer process cannot read. */
export const STATE_FORMAT = 4

/** What the content of a state folder was read from. It is of use with these logs alone. */
const Identity = z.strictObject({
  format: z.int(),
  clusterId: z.string(),
  topics: z.record(z.string(), z.strictObject({ id: z.string(), partitions: z.int() })),
})
export type Identity = z.infer<typeof Identity>

/** Why a folder with the identity `found` is of no use to a process that reads from `ours`; null when it is. */
export function foreign(found: Identity, ours: Identity): AsideWhy | null {
  if (found.format !== ours.format) return 'other_format'
  if (found.clusterId !== ours.clusterId) return 'other_cluster'
  const names = new Set([...Object.keys(found.topics), ...Object.keys(ours.topics)])
  const pairs = [...names].map((name) => [found.topics[name], ours.topics[name]] as const)
  if (pairs.some(([one, other]) => one?.id !== other?.id)) return 'other_topic'
  if (pairs.some(([one, other]) => one?.partitions !== other?.partitions)) return 'other_partitions'
  return null
}

export const IDENTITY_FILE = 'identity.json'

export function readIdentity(folder: string): Identity | 'identity_missing' | 'identity_unreadable' {
  try {
    return Identity.parse(JSON.parse(readFileSync(join(folder, IDENTITY_FILE), 'utf8')))
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'identity_missing' : 'identity_unreadable'
  }
}

/** Whole or not at all, also over a loss of power. */
export function writeIdentity(folder: string, identity: Identity): void {
  const place = join(folder, IDENTITY_FILE)
  const file = openSync(`${place}.new`, 'w')
  try {
    writeSync(file, `${JSON.stringify(identity, null, 2)}\n`)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  renameSync(`${place}.new`, place)
}
