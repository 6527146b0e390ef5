import { hash } from 'node:crypto'
import { mkdirSync, readFileSync } from 'node:fs'
import { open, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { AvroSchema } from '../kafka/registry.ts'
import { createWorkspaceCopy, type WorkspaceCopy } from '../workspaces/copy.ts'
import { WorkspaceRecord } from '../workspaces/schema.ts'
import type { Seen } from '../workspaces/versioned.ts'

/** What an edge must know to take postbacks while Kafka and the registry are away: the configuration as it last read it, in which
 *  credentials are sealed and API keys hashed, and the ids of its schemas. */
const Known = z.strictObject({
  offset: z.int(),
  records: z.array(WorkspaceRecord),
  schemas: z.record(z.string(), z.strictObject({ id: z.int(), sha256: z.string() })),
})
type Known = z.infer<typeof Known>

const FILE = 'known.json'
const WRITE_EVERY_MS = 1_000

export type Remembered = { readonly ids: ReadonlyMap<string, number>; readonly workspaces: WorkspaceCopy; readonly count: number }

/** What a former process of this folder knew of these schemas; null: nothing that is of use. */
export function recall(dir: string, schemas: Readonly<Record<string, AvroSchema>>): Remembered | null {
  const known = read(dir)
  if (known === null) return null
  const ids = new Map<string, number>()
  for (const [subject, schema] of Object.entries(schemas)) {
    const found = known.schemas[subject]
    if (found === undefined || found.sha256 !== digest(schema)) return null
    ids.set(subject, found.id)
  }
  const workspaces = createWorkspaceCopy()
  for (const record of known.records) workspaces.apply(record, record.workspace_id, known.offset)
  return { ids, workspaces, count: known.records.length }
}

function read(dir: string): Known | null {
  try {
    return Known.parse(JSON.parse(readFileSync(join(dir, FILE), 'utf8')))
  } catch {
    return null
  }
}

/** Keeps the file as the configuration moves on: `observe` is told each record, `begin` once they are complete. */
export function createMemory(dir: string, onFail: (error: unknown) => void) {
  const records = new Map<string, WorkspaceRecord>()
  let schemas: Known['schemas'] = {}
  let offset = -1
  let isComplete = false
  let timer: NodeJS.Timeout | null = null
  let writing: Promise<void> = Promise.resolve()

  function later(): void {
    if (!isComplete || timer !== null) return
    timer = setTimeout(() => {
      timer = null
      writing = writing.then(() => write(dir, { offset, records: [...records.values()], schemas })).catch(onFail)
    }, WRITE_EVERY_MS)
    timer.unref()
  }

  return {
    observe({ key, inForce, offset: at }: Pick<Seen<WorkspaceRecord>, 'key' | 'inForce' | 'offset'>): void {
      offset = Math.max(offset, at)
      if (inForce === undefined) records.delete(key)
      else records.set(key, inForce)
      later()
    },
    begin(named: Readonly<Record<string, AvroSchema>>, ids: ReadonlyMap<string, number>): void {
      schemas = Object.fromEntries(
        Object.entries(named).map(([subject, schema]) => [subject, { id: ids.get(subject) ?? -1, sha256: digest(schema) }]),
      )
      isComplete = true
      later()
    },
  }
}

/** Whole or not at all, also over a power cut. */
async function write(dir: string, known: Known): Promise<void> {
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  const partial = join(dir, `${FILE}.partial`)
  const handle = await open(partial, 'w', 0o600)
  try {
    await handle.writeFile(JSON.stringify(known))
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(partial, join(dir, FILE))
}

const digest = (schema: AvroSchema): string => hash('sha256', JSON.stringify(schema), 'hex')
