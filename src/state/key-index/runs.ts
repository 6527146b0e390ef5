import { join } from 'node:path'
import { createRun, ENTRY_WORDS, openRun, type Run, type RunHead, type RunWriter } from './run.ts'

/** The part of an index that lies on disk: runs from old to new, so many of one level merged into one of the next. */
export type Runs = {
  /** From old to new. */
  readonly heads: readonly RunHead[]
  readonly isEmpty: boolean
  /** false: no entry has this hash. */
  mayHold(low: number, high: number): boolean
  /** Hands over each place with this hash, newest first, until `onPlace` answers true. */
  find(low: number, high: number, onPlace: (segment: number, offset: number) => boolean): boolean
  /** Entries of ENTRY_WORDS words, in the order of `low`. */
  add(entries: Uint32Array): void
  /** Merges so many entries further; true when `heads` is another now. Places that do not count any more are left out. */
  tidy(entries: number, counts: (segment: number) => boolean): boolean
  /** Forgets runs that name no segment from this one on; true when `heads` is another now. What they replace on disk goes with `sweep`. */
  dropBefore(segment: number): boolean
  /** Takes the files away that `heads` names no more: after it was written down. */
  sweep(): void
  close(): void
}

/** Runs of one level that become one of the next. */
const FANOUT = 8
const CURSOR_ENTRIES = 4_096
/** Entries between two looks at how much work is left to do. */
const SLICE = 256

export const runName = (number: number): string => `${String(number).padStart(8, '0')}.run`

/** The runs of these heads; null: one of them is not there or not whole. */
export function openRuns(dir: string, heads: readonly RunHead[], fanout: number = FANOUT): Runs | null {
  const runs: Run[] = []
  for (const head of heads) {
    const run = openRun(join(dir, runName(head.number)), head)
    if (run === null) {
      for (const one of runs) one.close()
      return null
    }
    runs.push(run)
  }
  return runsOf(dir, runs, fanout)
}

function runsOf(dir: string, opened: Run[], fanout: number): Runs {
  let runs = opened
  let last = Math.max(0, ...runs.map(({ head }) => head.number))
  let merge: Merge | null = null
  /** Work that is owed to the merge, in entries. */
  let credit = 0
  const dropped: Run[] = []

  function endOfMerge({ inputs, writer }: Merge): void {
    const merged = writer.finish()
    const at = runs.indexOf(inputs[0] as Run) // a merge has inputs
    runs = [...runs.slice(0, at), ...(merged.head.entries > 0 ? [merged] : []), ...runs.slice(at + inputs.length)]
    dropped.push(...inputs, ...(merged.head.entries > 0 ? [] : [merged]))
  }

  return {
    get heads() {
      return runs.map(({ head }) => head)
    },
    get isEmpty() {
      return runs.length === 0
    },
    mayHold: (low, high) => runs.some(({ filter }) => filter.mayHold(low, high)),
    find(low, high, onPlace) {
      for (let at = runs.length - 1; at >= 0; at--) {
        const run = runs[at] as Run // within the array
        if (run.filter.mayHold(low, high) && run.find(low, high, onPlace)) return true
      }
      return false
    },
    add(entries) {
      const number = ++last
      const writer = createRun(join(dir, runName(number)), { number, level: 0 }, entries.length / ENTRY_WORDS)
      orAbandon(writer, () => {
        addAll(writer, entries)
        runs.push(writer.finish())
      })
    },
    tidy(entries, counts) {
      merge ??= begin(runs, fanout, (level, entriesMax) => {
        const number = ++last
        return createRun(join(dir, runName(number)), { number, level }, entriesMax)
      })
      if (merge === null) return false
      credit += entries
      const running = merge
      merge = null // unless it goes well
      const isDone = orAbandon(running.writer, () => {
        for (; credit > 0; credit -= SLICE) {
          if (!mergeSlice(running, counts)) continue
          endOfMerge(running)
          return true
        }
        return false
      })
      if (isDone) credit = 0
      else merge = running
      return isDone
    },
    dropBefore(segment) {
      const gone = runs.filter(({ head }) => head.newestSegment < segment)
      if (gone.length === 0) return false
      if (merge?.inputs.some((input) => gone.includes(input))) {
        merge.writer.abandon()
        merge = null
      }
      runs = runs.filter((run) => !gone.includes(run))
      dropped.push(...gone)
      return true
    },
    sweep() {
      for (let run = dropped.pop(); run !== undefined; run = dropped.pop()) run.unlink()
    },
    close() {
      merge?.writer.abandon()
      for (const run of [...runs, ...dropped]) run.close()
      merge = null
      runs = []
      dropped.length = 0
    },
  }
}

type Merge = { readonly inputs: readonly Run[]; readonly cursors: Cursor[]; readonly writer: RunWriter }

/** The entries of one run, one after the other. */
type Cursor = { readonly run: Run; readonly window: Uint32Array; at: number; filled: number; next: number }

/** The youngest runs that are enough of one level, if there are. */
function begin(runs: readonly Run[], fanout: number, open: (level: number, entriesMax: number) => RunWriter): Merge | null {
  for (let end = runs.length; end > 0; ) {
    const { level } = (runs[end - 1] as Run).head // within the array, as `start` is
    let start = end
    while (start > 0 && runs[start - 1]?.head.level === level) start--
    if (end - start >= fanout) {
      const inputs = runs.slice(start, start + fanout)
      const all = inputs.map((run) => ({ run, window: new Uint32Array(CURSOR_ENTRIES * ENTRY_WORDS), at: 0, filled: 0, next: 0 }))
      const cursors = all.filter(fill)
      const writer = open(
        level + 1,
        inputs.reduce((sum, { head }) => sum + head.entries, 0),
      )
      return { inputs, cursors, writer }
    }
    end = start
  }
  return null
}

/** false: there is nothing more. */
function fill(cursor: Cursor): boolean {
  const count = cursor.run.read(cursor.window, cursor.next)
  cursor.next += count
  cursor.filled = count * ENTRY_WORDS
  cursor.at = 0
  return count > 0
}

/** One slice further; true at the end. */
function mergeSlice({ cursors, writer }: Merge, counts: (segment: number) => boolean): boolean {
  for (let n = 0; n < SLICE; n++) {
    let least: Cursor | undefined
    let low = Number.POSITIVE_INFINITY
    for (const cursor of cursors) {
      const other = cursor.window[cursor.at] as number // a cursor stands on an entry
      if (other >= low) continue
      low = other
      least = cursor
    }
    if (least === undefined) return true
    const { window, at } = least
    const segment = window[at + 2] as number
    if (counts(segment)) writer.add(low, window[at + 1] as number, segment, window[at + 3] as number)
    least.at += ENTRY_WORDS
    if (least.at === least.filled && !fill(least)) cursors.splice(cursors.indexOf(least), 1)
  }
  return false
}

/** What fails leaves no file behind, and is begun anew when there is more to do. */
function orAbandon<Result>(writer: RunWriter, work: () => Result): Result {
  try {
    return work()
  } catch (error) {
    writer.abandon()
    throw error
  }
}

function addAll(writer: RunWriter, entries: Uint32Array): void {
  for (let at = 0; at < entries.length; at += ENTRY_WORDS)
    writer.add(entries[at] as number, entries[at + 1] as number, entries[at + 2] as number, entries[at + 3] as number) // within the array
}
