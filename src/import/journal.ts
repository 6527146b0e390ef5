import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { z } from 'zod'
import { ImportFault } from './fault.ts'

const Counts = z.strictObject({
  received: z.int(),
  deferred: z.int(),
  /** Stored, and no conversion as it is: the workspace sees why. */
  quarantined: z.int(),
  /** Not taken by the edge. */
  refused: z.int(),
  /** Never sent: the row itself is not right. */
  unsent: z.int(),
})
export type Counts = z.infer<typeof Counts>
export const NO_COUNTS: Counts = { received: 0, deferred: 0, quarantined: 0, refused: 0, unsent: 0 }

/** What a started import knows of itself. Neither the key nor anything of a row stands in it. */
const Journal = z.strictObject({
  version: z.literal(1),
  /** Names the messages of this import, so that what is sent twice around a crash counts once. */
  import_id: z.uuid(),
  /** `<workspace>-<source>` of the key. */
  source: z.string(),
  names: z.array(z.string().nullable()),
  set: z.array(z.tuple([z.string(), z.string()])),
  /** The most rows that were under way at once. */
  batch: z.int(),
  /** Rows that have their answer, the first so many of the file. */
  rows: z.int(),
  /** Of the content of these rows: what was sent must be what is skipped. */
  digest: z.string(),
  counts: Counts,
  /** Length of the error file when it was written. */
  errors_bytes: z.int(),
  finished: z.boolean(),
})
export type Journal = z.infer<typeof Journal>

export const journalPath = (file: string): string => `${file}.import.json`

/** null: there is none. Throws ImportFault for what is no journal. */
export function readJournal(file: string): Journal | null {
  const path = journalPath(file)
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch {
    return null
  }
  try {
    return Journal.parse(JSON.parse(text))
  } catch {
    throw new ImportFault(`${path} is not the journal of an import. Move it away, or begin anew with --restart.`, 2)
  }
}

/** On disk when this returns, as a whole or not at all. */
export function writeJournal(file: string, journal: Journal): void {
  const path = journalPath(file)
  const descriptor = openSync(`${path}.new`, 'w', 0o600)
  try {
    writeSync(descriptor, `${JSON.stringify(journal)}\n`)
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
  renameSync(`${path}.new`, path)
  const folder = openSync(dirname(path), 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}

export const removeJournal = (file: string): void => rmSync(journalPath(file), { force: true })
