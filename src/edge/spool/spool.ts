import type { FileHandle } from 'node:fs/promises'
import { mkdir, readdir } from 'node:fs/promises'
import type { Outgoing } from '../deps.ts'
import { type Backlog, createBacklog, type Entry, type Place } from './backlog.ts'
import { SpoolFault } from './fault.ts'
import { doneFrame, readFrame, recordFrame, recordFrameBytes } from './frame.ts'
import { append, baseOf, createSegment, openSegment, removeSegment, type Segment, type Sync } from './segment.ts'

/** Records on this machine's disk that the broker does not have yet. One writer: what comes while a group is being written and
 *  synced makes the next one. */
export type Spool = {
  readonly backlog: Backlog
  /** Bytes of all files. */
  readonly bytes: number
  /** Resolves with the position once the record outlives a crash. Rejects with SpoolFault: `full`, `broken` (the disk refuses) or `closed`. */
  append(record: Outgoing): Promise<number>
  /** Of some entries of one partition, in their order; null for one that cannot be read any more. */
  read(entries: readonly Entry[]): Promise<(Outgoing | null)[]>
  /** The broker has it, or it is lost for good. False: that was known. Files of which all is done are deleted; a crash before then
   *  repeats. */
  done(place: Place, position: number): boolean
  /** Resolves when all that was asked so far is on disk or refused. */
  close(): Promise<void>
}

export type SpoolOptions = {
  readonly dir: string
  readonly maxBytes: number
  readonly segmentBytes?: number
  readonly report: (level: 'info' | 'warn' | 'error', fields: object, message: string) => void
  readonly sync?: Sync
}

type Waiting = { readonly record: Outgoing; readonly bytes: number; resolve(position: number): void; reject(fault: SpoolFault): void }

const SEGMENT_BYTES = 16 * 1_048_576
const GROUP_BYTES = 4 * 1_048_576
const READ_BYTES = 1_048_576
/** After the disk has refused a write the next one is tried no sooner. */
const REFUSED_MS = 500
const datasync: Sync = (handle: FileHandle) => handle.datasync()

/** Opens the folder and finds what a former process left. Throws what the file system throws. */
export async function openSpool(options: SpoolOptions): Promise<Spool> {
  const { dir, maxBytes, report, segmentBytes = SEGMENT_BYTES, sync = datasync } = options
  const backlog = createBacklog()
  const segments: Segment[] = []
  let active: Segment | null = null
  let nextBase = 0
  let bytes = 0
  const waiting: Waiting[] = []
  let waitingBytes = 0
  const doneSince: number[] = []
  let refusedUntilMs = 0
  let closed = false
  let running: Promise<void> | null = null

  await load()

  async function load(): Promise<void> {
    await mkdir(dir, { recursive: true, mode: 0o700 })
    const bases = (await readdir(dir)).flatMap((name) => baseOf(name) ?? []).sort((a, b) => a - b)
    const done = new Set<number>()
    const found = []
    for (const base of bases) {
      const { segment, frames, badBytes } = await openSegment(dir, base)
      if (badBytes > 0) report('warn', { file: segment.path, bytes: badBytes, damaged: segment.damaged }, 'spool.unreadable_bytes')
      for (const frame of frames) if (frame.kind === 'done') for (const position of frame.positions) done.add(position)
      found.push({
        segment,
        records: frames.flatMap((frame) =>
          frame.kind === 'record'
            ? [{ position: frame.position, bytes: frame.bytes, topic: frame.record.topic, partition: frame.record.partition }]
            : [],
        ),
      })
    }
    for (const { segment, records } of found) {
      segments.push(segment)
      bytes += segment.size
      nextBase = segment.base + segment.size + 1
      for (const record of records) {
        if (done.has(record.position)) continue
        backlog.add(record, record)
        segment.pending++
      }
    }
    await tidy()
    await prepare()
    if (backlog.size > 0) report('warn', { records: backlog.size, bytes }, 'spool.found')
  }

  function wake(): void {
    running ??= work().finally(() => {
      running = null
      if (waiting.length > 0 || doneSince.length > 0) wake()
    })
  }

  async function work(): Promise<void> {
    while (waiting.length > 0 || doneSince.length > 0) {
      const group = takeGroup()
      const done = doneSince.splice(0)
      // Who waits comes first: deleting a file, or making one, may take as long as writing them. A note alone waits for the room it makes.
      if (group.length === 0) await tidy()
      if (group.length > 0 || (done.length > 0 && backlog.size > 0)) await write(group, done)
      await tidy()
      if (waiting.length === 0) await prepare()
    }
  }

  /** Has a file for what comes first after a calm. */
  async function prepare(): Promise<void> {
    if (closed || active !== null) return
    try {
      active = await begin()
    } catch (error) {
      await giveUp(error)
    }
  }

  function takeGroup(): Waiting[] {
    let size = 0
    let count = 0
    while (count < waiting.length && size < GROUP_BYTES) size += waiting[count++]?.bytes ?? 0
    waitingBytes -= size
    return waiting.splice(0, count)
  }

  async function write(group: readonly Waiting[], done: readonly number[]): Promise<void> {
    try {
      active ??= await begin()
      const segment = active
      const frames: Buffer[] = []
      const entries: Entry[] = []
      let position = segment.base + segment.size
      const put = (frame: Buffer): void => {
        frames.push(frame)
        position += frame.length
      }
      if (done.length > 0) put(doneFrame(done, position))
      for (const { record } of group) {
        entries.push({ position, bytes: recordFrameBytes(record) })
        put(recordFrame(record, position))
      }
      await append(segment, Buffer.concat(frames))
      if (group.length > 0) await sync(segment.handle)
      const grown = position - segment.base - segment.size
      segment.size += grown
      bytes += grown
      nextBase = position
      for (const [index, { record, resolve }] of group.entries()) {
        const entry = entries[index]
        if (entry === undefined) continue
        backlog.add(record, entry)
        segment.pending++
        resolve(entry.position)
      }
      if (segment.size >= segmentBytes) active = null
    } catch (error) {
      await giveUp(error)
      for (const { reject } of group) reject(new SpoolFault('broken', 'the spool cannot be written', error))
    }
  }

  async function begin(): Promise<Segment> {
    const segment = await createSegment(dir, nextBase, sync)
    segments.push(segment)
    return segment
  }

  /** Nothing of the group may count, and after a failed sync nobody knows what of the file is on disk: what comes next goes to
   *  another one. */
  async function giveUp(error: unknown): Promise<void> {
    refusedUntilMs = performance.now() + REFUSED_MS
    report('error', { error: error instanceof Error ? error.message : String(error) }, 'spool.refused')
    const failed = active
    active = null
    if (failed === null) {
      nextBase++ // the file may have come to be
      return
    }
    await failed.handle.truncate(failed.size).catch(() => undefined)
    nextBase = Math.max(nextBase, failed.base + failed.size) + GROUP_BYTES * 2 // beyond whatever was left behind
  }

  /** Deletes from the front, so that what says of a record that it is done is never deleted before the record. */
  async function tidy(): Promise<void> {
    for (;;) {
      const [first] = segments
      if (first === undefined || first.pending > 0 || (first === active && (backlog.size > 0 || first.size === 0))) return
      if (first === active) active = null
      segments.shift()
      bytes -= first.size
      await removeSegment(first).catch((error: unknown) => report('error', { error: String(error) }, 'spool.not_deleted'))
    }
  }

  const segmentOf = (position: number): Segment | undefined => segments.findLast(({ base }) => base <= position)

  async function readSpan(span: readonly Entry[]): Promise<(Outgoing | null)[]> {
    const [first, last] = [span[0], span.at(-1)]
    const segment = segmentOf(first?.position ?? 0)
    if (first === undefined || last === undefined || segment === undefined) return span.map(() => null)
    const buffer = Buffer.allocUnsafe(last.position + last.bytes - first.position)
    const { bytesRead } = await segment.handle.read(buffer, 0, buffer.length, first.position - segment.base)
    const read = buffer.subarray(0, bytesRead)
    return span.map(({ position }) => {
      const frame = readFrame(read, position - first.position, position)
      if (typeof frame === 'object' && frame.kind === 'record') return frame.record
      segment.damaged = true
      return null
    })
  }

  return {
    backlog,
    get bytes() {
      return bytes
    },
    append(record) {
      const frameBytes = recordFrameBytes(record)
      if (closed) return Promise.reject(new SpoolFault('closed', 'the spool is closed'))
      if (bytes + waitingBytes + frameBytes > maxBytes) return Promise.reject(new SpoolFault('full', 'the spool is full'))
      if (performance.now() < refusedUntilMs) return Promise.reject(new SpoolFault('broken', 'the spool could not be written a moment ago'))
      const { promise, resolve, reject } = Promise.withResolvers<number>()
      waiting.push({ record, bytes: frameBytes, resolve, reject })
      waitingBytes += frameBytes
      wake()
      return promise
    },
    async read(entries) {
      const records: (Outgoing | null)[] = []
      for (let from = 0; from < entries.length; ) {
        const first = entries[from]
        let to = from + 1
        const segment = segmentOf(first?.position ?? 0)
        const within = (entry: Entry | undefined): boolean =>
          entry !== undefined &&
          first !== undefined &&
          segmentOf(entry.position) === segment &&
          entry.position + entry.bytes - first.position <= READ_BYTES
        while (within(entries[to])) to++
        records.push(...(await readSpan(entries.slice(from, to))))
        from = to
      }
      return records
    },
    done(place, position) {
      if (closed || !backlog.done(place, position)) return false
      const segment = segmentOf(position)
      if (segment !== undefined) segment.pending--
      doneSince.push(position)
      wake()
      return true
    },
    async close() {
      closed = true
      while (running !== null) await running
      await Promise.all(segments.map(({ handle }) => handle.close()))
    },
  }
}
