import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { z } from 'zod'
import type { IndexHeads } from './key-index.ts'
import type { RunHead } from './run.ts'

const Count = z.int().nonnegative()

/** What of a log its index on disk covers, and what was known there: the log is read from here on and not as a whole. */
const Manifest = z.strictObject({
  version: z.literal(2),
  /** Nothing here waits for the disk: what it says is true as long as the machine runs that wrote it. */
  boot: z.string().min(1),
  covered: z.strictObject({ segment: Count, offset: Count }),
  position: z.strictObject({ next: Count, aliveAtMs: Count }),
  segments: z.array(
    z.strictObject({
      number: Count,
      size: Count,
      newestMs: Count,
      oldestMs: Count,
      live: z.strictObject({ keys: Count, bytes: Count }),
    }),
  ),
  young: z.strictObject({ number: Count, words: Count, checksum: Count }).nullable(),
  runs: z.array(
    z.strictObject({
      number: Count,
      level: Count,
      entries: Count,
      newestSegment: Count,
      checksum: Count,
      stretchBits: Count,
      filterWords: Count,
    }),
  ),
})
export type Manifest = Readonly<Omit<z.infer<typeof Manifest>, 'version' | 'boot' | 'runs'>> & IndexHeads

const pathIn = (dir: string): string => join(dir, 'index.list')

/** The file that says what the index on disk covers. */
export type IndexList = {
  /** As it is written down; null: there is none, it is unreadable, or of another start of the machine. */
  readonly written: Manifest | null
  /** The index on disk covers more by now. It counts once it is written. */
  cover(next: Manifest): void
  /** Whether something is to be written. */
  readonly isOwed: boolean
  /** Writes down what is covered, and which runs hold it now. */
  write(runs: readonly RunHead[]): void
  forget(): void
}

export function openIndexList(dir: string, boot: string | null): IndexList {
  let written = read(dir, boot)
  let owed: Manifest | null = null
  return {
    get written() {
      return written
    },
    get isOwed() {
      return owed !== null
    },
    cover(next) {
      owed = next
    },
    write(runs) {
      const known = owed ?? written
      if (known === null) return
      const next = { ...known, runs }
      if (boot !== null) writeWhole(dir, JSON.stringify({ version: 2, boot, ...next }))
      written = next
      owed = null
    },
    forget() {
      rmSync(pathIn(dir), { force: true })
      written = null
    },
  }
}

function read(dir: string, boot: string | null): Manifest | null {
  try {
    const [checksum, text = ''] = readFileSync(pathIn(dir), 'utf8').split('\n')
    if (Number(checksum) !== crc32(text)) return null
    const found = Manifest.safeParse(JSON.parse(text))
    return found.success && found.data.boot === boot ? found.data : null
  } catch {
    return null
  }
}

function writeWhole(dir: string, text: string): void {
  const path = pathIn(dir)
  writeFileSync(`${path}.new`, `${crc32(text)}\n${text}`, { mode: 0o600 })
  renameSync(`${path}.new`, path)
}

/** Names this start of the machine (man 4 random); null where the system does not say. */
export function bootId(): string | null {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim() || null
  } catch {
    return null
  }
}
