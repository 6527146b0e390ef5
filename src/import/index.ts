import { statSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { CommanderError } from 'commander'
import { type ImportOptions, importCommand } from './args.ts'
import { readColumns, readRow } from './columns.ts'
import { tryItem } from './dry-run.ts'
import { openErrorFile } from './error-file.ts'
import { ImportFault } from './fault.ts'
import { createProgress, type Terminal } from './progress.ts'
import { readRows } from './rows.ts'
import { importFile } from './run.ts'

/** Finished, and some rows are not right. */
const EXIT_ROWS_WRONG = 3

/** `node src/main.ts import`. Sets the exit code: 0 every row was taken, 3 all were sent and some are not right, 1 it stopped before
 *  its end, 2 the call is wrong. */
export async function runImport(argv: readonly string[], env: Readonly<Record<string, string | undefined>>): Promise<void> {
  const command = importCommand(env, (options) => (options.dryRun ? dryRun(options) : send(options)))
    .exitOverride()
    .configureOutput({ writeErr: (text) => process.stderr.write(text) })
  try {
    await command.parseAsync(argv, { from: 'user' })
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? 0 : 2
      return
    }
    if (!(error instanceof ImportFault)) throw error
    process.stderr.write(`import: ${error.message}\n`)
    process.exitCode = error.exitCode
  }
}

const terminal = (): Terminal => ({
  isTTY: process.stderr.isTTY === true,
  columns: process.stderr.columns ?? 80,
  write: (text) => process.stderr.write(text),
})

async function send(options: ImportOptions): Promise<void> {
  const stop = new AbortController()
  const onSignal = (): void => stop.abort()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, onSignal)
  let note: (text: string) => void = () => undefined
  const { counts, rows, finished, errorPath } = await importFile(options, {
    nowMs: Date.now,
    sleep: (ms) => sleep(ms, undefined, { signal: stop.signal }).catch(() => undefined),
    stopped: () => stop.signal.aborted,
    onWait: (why, ms) => note(`waits ${Math.ceil(ms / 1_000)} s: ${why}`),
    progressFrom(totalBytes, done) {
      const progress = createProgress(terminal(), totalBytes, done, Date.now)
      note = progress.note
      if (done > 0) note(`goes on after row ${done}`)
      return progress
    },
  })
  const wrong = counts.quarantined + counts.refused + counts.unsent
  const told = `${rows} rows: ${counts.received} received, ${counts.deferred} deferred, ${counts.quarantined} quarantined, ${counts.refused} refused, ${counts.unsent} not sent`
  process.stdout.write(`${told}${wrong > 0 ? `; ${errorPath} says why` : ''}\n`)
  if (!finished) throw new ImportFault('Stopped. Run this again to go on where it was.')
  if (wrong > 0) process.exitCode = EXIT_ROWS_WRONG
}

async function dryRun(options: ImportOptions): Promise<void> {
  await using rows = readRows(options.file, options)
  const header = await rows.next()
  if (header.done === true) throw new ImportFault(`${options.file} is empty.`, 2)
  const columns = readColumns(header.value.cells, options.map, options.set)
  const progress = createProgress(terminal(), statSync(options.file).size, 0, Date.now)
  const errors = openErrorFile(options.file, 0)
  let [count, wrong] = [0, 0]
  try {
    for await (const { row, line, bytes, cells } of rows) {
      count = row
      const read = readRow(cells, columns)
      const tried = read.kind === 'item' ? tryItem(read.item, options.tracker, Date.now()) : read
      if (count === 1 && 'reading' in tried) process.stdout.write(`row 1 is read as ${JSON.stringify(tried.reading)}\n`)
      if (tried.code !== '') {
        wrong += 1
        errors.append([{ row, line, code: tried.code, reason: tried.reason }])
      }
      progress.at({ rows: count, bytes, wrong })
    }
  } finally {
    progress.end()
    errors.close()
  }
  process.stdout.write(`dry run: ${count} rows, ${wrong} not right${wrong > 0 ? `; ${errors.path} says why` : ''}. Nothing was sent.\n`)
  if (wrong > 0) process.exitCode = EXIT_ROWS_WRONG
}
