import { createHash, type Hash, randomUUID } from 'node:crypto'
import { statSync } from 'node:fs'
import type { ImportOptions } from './args.ts'
import { type Columns, type Item, readColumns, readRow } from './columns.ts'
import { openErrorFile, type RowError } from './error-file.ts'
import { ImportFault } from './fault.ts'
import { type Counts, type Journal, journalPath, NO_COUNTS, readJournal, removeJournal, writeJournal } from './journal.ts'
import type { Progress } from './progress.ts'
import { type Row, readRows } from './rows.ts'
import { type Answered, type SendDeps, sendBatch } from './send.ts'

/** One request is smaller than this, well below what the batch route takes. */
const BATCH_MAX_BYTES = 4 * 1024 * 1024
const REASON_MAX = 500

export type Imported = { readonly counts: Counts; readonly rows: number; readonly finished: boolean; readonly errorPath: string }

/** A row that has no answer yet. `item` absent: it is not sent. */
type Waiting = { readonly row: Row; readonly item?: Item; readonly error?: RowError }

/** Sends the file from where its journal ends. One batch at a time, so that the order of the file is the order of arrival. Throws
 *  ImportFault when it cannot go on; what has its answer by then is in the journal. */
export async function importFile(
  options: ImportOptions,
  deps: Omit<SendDeps, 'url' | 'key' | 'giveUpAfterMs'> & { readonly progressFrom: (totalBytes: number, rows: number) => Progress },
): Promise<Imported> {
  const { file } = options
  if (options.restart) removeJournal(file)
  await using rows = readRows(file, options)
  const header = await rows.next()
  if (header.done === true) throw new ImportFault(`${file} is empty.`, 2)
  const columns = readColumns(header.value.cells, options.map, options.set)
  const journal = begin(options, columns)
  const errors = openErrorFile(file, journal.errors_bytes)
  const progress = deps.progressFrom(statSync(file).size, journal.rows)
  const digest = createHash('sha256')
  const send: SendDeps = { ...deps, url: options.url, key: options.key, giveUpAfterMs: options.giveUpAfterMs }
  let waiting: Waiting[] = []
  let waitingBytes = 0
  const before = journal.rows
  let skipped = 0

  try {
    for await (const row of rows) {
      if (skipped < before) {
        skipped += 1
        add(digest, row)
        if (skipped === before) sameAsBefore(digest, journal)
        continue
      }
      const read = readRow(row.cells, columns)
      const { line } = row
      const one: Waiting =
        read.kind === 'item' ? { row, item: read.item } : { row, error: { row: row.row, line, code: read.code, reason: read.reason } }
      const bytes = row.cells.reduce((sum, cell) => sum + cell.length * 3, 0)
      if (waiting.length > 0 && waitingBytes + bytes > BATCH_MAX_BYTES) await flush()
      waiting.push(one)
      waitingBytes += bytes
      if (waiting.length >= journal.batch) await flush()
      if (deps.stopped()) break
    }
    if (skipped < before) throw new ImportFault(`${file} has fewer rows than were imported of it. Begin anew with --restart.`, 2)
    await flush()
    if (!deps.stopped()) {
      journal.finished = true
      writeJournal(file, journal)
    }
  } finally {
    progress.end()
    errors.close()
  }
  return { counts: journal.counts, rows: journal.rows, finished: journal.finished, errorPath: errors.path }

  /** Sends what waits, in several requests where a limit lets only some rows in at a time. */
  async function flush(): Promise<void> {
    while (waiting.length > 0 && !deps.stopped()) {
      const items = waiting.flatMap(({ item }) => (item === undefined ? [] : [item]))
      const answers = items.length === 0 ? [] : await sendBatch(items, `${journal.import_id}.${journal.rows + 1}`, send)
      const done = conclude(waiting, answers, journal.counts)
      if (done.rows.length === 0) return
      for (const { row } of done.rows) add(digest, row)
      journal.errors_bytes = errors.append(done.errors)
      journal.rows += done.rows.length
      journal.counts = done.counts
      journal.digest = digest.copy().digest('hex')
      writeJournal(file, journal)
      waiting = waiting.slice(done.rows.length)
      waitingBytes = waiting.reduce((sum, { row }) => sum + row.cells.reduce((length, cell) => length + cell.length * 3, 0), 0)
      const { quarantined, refused, unsent } = journal.counts
      progress.at({ rows: journal.rows, bytes: done.rows.at(-1)?.row.bytes ?? 0, wrong: quarantined + refused + unsent })
    }
  }
}

/** The rows that have their answer now: all up to the first item without one. */
function conclude(
  waiting: readonly Waiting[],
  answers: readonly Answered[],
  before: Counts,
): { readonly rows: readonly Waiting[]; readonly errors: readonly RowError[]; readonly counts: Counts } {
  const counts = { ...before }
  const errors: RowError[] = []
  let answered = 0
  let end = 0
  for (const { row, item, error } of waiting) {
    if (item !== undefined && answered === answers.length) break
    end += 1
    if (item === undefined) {
      counts.unsent += 1
      if (error !== undefined) errors.push(error)
      continue
    }
    const answer = answers[answered++]
    const status = typeof answer?.status === 'string' ? answer.status : 'refused'
    counts[status] += 1
    if (status === 'quarantined' || status === 'refused') errors.push({ row: row.row, line: row.line, ...reasonOf(answer) })
  }
  return { rows: waiting.slice(0, end), errors, counts }
}

/** In the words of the edge. */
function reasonOf(answer: Answered | undefined): { code: string; reason: string } {
  const all = answer?.errors ?? answer?.warnings ?? []
  const told = all.map((one) =>
    [one.message, 'fix' in one ? one.fix : 'expected' in one ? `Expected: ${String(one.expected)}` : ''].join(' '),
  )
  return {
    code: all[0]?.code ?? answer?.code ?? 'quarantined',
    reason: (told.join(' ') || (answer?.detail ?? '')).slice(0, REASON_MAX).trim(),
  }
}

const add = (digest: Hash, { cells }: Row): Hash => digest.update(`${JSON.stringify(cells)}\n`)

/** The journal to go on with. Throws ImportFault when it is another import's, or when nothing is left to do. */
function begin({ file, key, batch }: ImportOptions, { names, set }: Columns): Journal {
  const source = key.split('.')[0] ?? ''
  const before = readJournal(file)
  if (before === null) {
    const fresh: Journal = {
      ...{ version: 1, import_id: randomUUID(), source, names: [...names], set: [...set], batch, rows: 0, digest: '' },
      ...{ counts: NO_COUNTS, errors_bytes: 0, finished: false },
    }
    // Before the first row is sent, so that a crash after it finds the name under which it went.
    writeJournal(file, fresh)
    return fresh
  }
  const isSame = JSON.stringify([before.source, before.names, before.set]) === JSON.stringify([source, names, [...set]])
  if (!isSame)
    throw new ImportFault(
      `${journalPath(file)} is of an import with another mapping or source. Repeat that one to finish it, or begin anew with --restart.`,
      2,
    )
  if (before.finished) throw new ImportFault(`${file} was imported as a whole: ${before.rows} rows. --restart imports it again.`, 2)
  // What was under way without an answer is sent again in at least one request as large, so that each row has the name it had.
  return { ...before, batch: Math.max(before.batch, batch) }
}

function sameAsBefore(digest: Hash, journal: Journal): void {
  if (digest.copy().digest('hex') === journal.digest) return
  throw new ImportFault(
    `The first ${journal.rows} rows, which were imported, are not what they were. Restore them, or begin anew with --restart.`,
    2,
  )
}
