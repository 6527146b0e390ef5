import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { z } from 'zod'
import type { RunHead } from './run.ts'

const Count = z.int().nonnegative()

/** What of a log its index on disk covers, and what was known there: the log is read from here on and not as a whole. */
const Manifest = z.strictObject({
  version: z.literal(1),
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
export type Manifest = Readonly<Omit<z.infer<typeof Manifest>, 'version' | 'boot' | 'runs'>> & { readonly runs: readonly RunHead[] }

const pathIn = (dir: string): string => join(dir, 'index.list')

/** null: there is none, or it is of another start of the machine, or unreadable. */
export function readManifest(dir: string, boot: string | null): Manifest | null {
  try {
    const [checksum, text = ''] = readFileSync(pathIn(dir), 'utf8').split('\n')
    if (Number(checksum) !== crc32(text)) return null
    const read = Manifest.safeParse(JSON.parse(text))
    return read.success && read.data.boot === boot ? read.data : null
  } catch {
    return null
  }
}

/** Nothing, when nobody knows this start of the machine. */
export function writeManifest(dir: string, boot: string | null, manifest: Manifest): void {
  if (boot === null) return
  const path = pathIn(dir)
  const text = JSON.stringify({ version: 1, boot, ...manifest })
  writeFileSync(`${path}.new`, `${crc32(text)}\n${text}`, { mode: 0o600 })
  renameSync(`${path}.new`, path)
}

export const removeManifest = (dir: string): void => rmSync(pathIn(dir), { force: true })

/** Names this start of the machine (man 4 random); null where the system does not say. */
export function bootId(): string | null {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim() || null
  } catch {
    return null
  }
}
