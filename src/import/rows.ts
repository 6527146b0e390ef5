import { open } from 'node:fs/promises'
import { parse } from 'csv-parse'
import { ImportFault } from './fault.ts'

/** One record of the file. */
export type Row = {
  /** 0 the header, 1 the first row below it. */
  readonly row: number
  /** Of the file, where the row ends; 1 the first. */
  readonly line: number
  /** How far into the file it ends. */
  readonly bytes: number
  readonly cells: readonly string[]
}

type Parsed = { readonly record: readonly string[]; readonly info: { readonly lines: number; readonly bytes: number } }

/** A longer row is a quote that was never closed. */
const ROW_MAX_BYTES = 262_144
const READ_BYTES = 262_144
const DELIMITERS = [',', ';', '\t', '|'] as const

/** The records of a CSV file in their order, the header first, never more than some of them in memory. A quote in the middle of
 *  a cell is a character like others. Throws ImportFault where the rest of the file cannot be told apart any more. */
export async function* readRows(
  path: string,
  options: { readonly delimiter: string | undefined; readonly encoding: 'utf8' | 'latin1' | 'utf16le' },
): AsyncGenerator<Row> {
  await using file = await open(path).catch(() => {
    throw new ImportFault(`The file ${path} cannot be read.`, 2)
  })
  let row = 0
  const parser = parse({
    bom: options.encoding !== 'latin1',
    delimiter: options.delimiter ?? (await delimiterOf(file, options.encoding)),
    encoding: options.encoding,
    max_record_size: ROW_MAX_BYTES,
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    info: true,
  })
  const source = file.createReadStream({ start: 0, highWaterMark: READ_BYTES, autoClose: false })
  source.on('error', (error) => parser.destroy(error))
  try {
    for await (const { record, info } of source.pipe(parser) as AsyncIterable<Parsed>) {
      yield { row, line: info.lines, bytes: info.bytes, cells: record }
      row += 1
    }
  } catch (error) {
    throw faultOf(error, path)
  } finally {
    source.destroy()
  }
}

async function delimiterOf(file: Awaited<ReturnType<typeof open>>, encoding: 'utf8' | 'latin1' | 'utf16le'): Promise<string> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(READ_BYTES), 0, READ_BYTES, 0)
  const header =
    buffer
      .subarray(0, bytesRead)
      .toString(encoding)
      .replaceAll(/"[^"]*"/g, '')
      .split(/\r?\n/)[0] ?? ''
  const count = (one: string): number => header.split(one).length
  return DELIMITERS.reduce<string>((best, one) => (count(one) > count(best) ? one : best), ',')
}

function faultOf(error: unknown, path: string): unknown {
  if (!(error instanceof Error) || !('code' in error) || !('lines' in error)) return error
  const where = `${path}, line ${String(error.lines)}`
  if (error.code === 'CSV_QUOTE_NOT_CLOSED' || error.code === 'CSV_MAX_RECORD_SIZE')
    return new ImportFault(
      `${where}: a quote is opened and not closed again, so the rest cannot be told apart. Mend it and run this again.`,
    )
  return new ImportFault(`${where}: this is not CSV any more (${String(error.code)}). Mend it and run this again.`)
}
