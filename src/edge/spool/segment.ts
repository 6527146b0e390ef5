import { type FileHandle, open, rename, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { type Frame, nextMagic, readFrame } from './frame.ts'

/** One file of the spool, named by the position it begins at. */
export type Segment = {
  readonly path: string
  readonly base: number
  readonly handle: FileHandle
  /** Up to here all is as it was written. */
  size: number
  /** Records in it that the broker does not have yet. */
  pending: number
  /** Part of it cannot be read: it is kept under another name once the rest is with the broker. */
  damaged: boolean
}

/** Makes what was written to a file, or to a folder, outlive a power cut. */
export type Sync = (handle: FileHandle) => Promise<void>

export const segmentName = (base: number): string => `${String(base).padStart(16, '0')}.spool`
export const baseOf = (name: string): number | null => {
  const digits = /^(\d{16})\.spool$/.exec(name)?.[1]
  return digits === undefined ? null : Number(digits)
}

export async function createSegment(dir: string, base: number, sync: Sync): Promise<Segment> {
  const path = join(dir, segmentName(base))
  const handle = await open(path, 'wx+', 0o600)
  try {
    await syncFolder(dir, sync)
  } catch (error) {
    await handle.close()
    throw error
  }
  return { path, base, handle, size: 0, pending: 0, damaged: false }
}

async function syncFolder(dir: string, sync: Sync): Promise<void> {
  const folder = await open(dir, 'r')
  try {
    await sync(folder)
  } finally {
    await folder.close()
  }
}

export type Found = { readonly segment: Segment; readonly frames: readonly Frame[]; readonly badBytes: number }

/** Reads all frames of a file. Bytes behind the last good one were never acknowledged or are lost, and are cut off; bytes between
 *  good ones mark the segment as damaged. */
export async function openSegment(dir: string, base: number): Promise<Found> {
  const path = join(dir, segmentName(base))
  const handle = await open(path, 'r+')
  const bytes = await handle.readFile()
  const frames: Frame[] = []
  let [at, goodEnd, between] = [0, 0, 0]
  while (at < bytes.length) {
    const frame = readFrame(bytes, at, base + at)
    if (typeof frame === 'object') {
      between += at - goodEnd
      at += frame.bytes
      goodEnd = at
      frames.push(frame)
      continue
    }
    const next = nextMagic(bytes, at + 1)
    if (next === -1) break
    at = next
  }
  if (goodEnd < bytes.length) await handle.truncate(goodEnd)
  const segment = { path, base, handle, size: goodEnd, pending: 0, damaged: between > 0 }
  return { segment, frames, badBytes: bytes.length - goodEnd + between }
}

/** Writes behind what is there; the caller syncs. */
export async function append(segment: Segment, bytes: Buffer): Promise<void> {
  for (let written = 0; written < bytes.length; ) {
    const { bytesWritten } = await segment.handle.write(bytes, written, bytes.length - written, segment.size + written)
    written += bytesWritten
  }
}

export async function removeSegment({ handle, path, damaged }: Segment): Promise<void> {
  await handle.close()
  if (damaged) await rename(path, path.replace(/\.spool$/, '.bad'))
  else await unlink(path)
}
