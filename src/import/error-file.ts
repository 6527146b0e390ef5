import { closeSync, existsSync, fsyncSync, ftruncateSync, openSync, rmSync, writeSync } from 'node:fs'

/** What is wrong with one row. */
export type RowError = { readonly row: number; readonly line: number; readonly code: string; readonly reason: string }

export type ErrorFile = {
  readonly path: string
  /** On disk when this returns. Answers the length of the file. */
  append(errors: readonly RowError[]): number
  close(): void
}

const HEADER = 'row,line,code,reason\r\n'

export const errorPath = (file: string): string => `${file}.errors.csv`

/** `<file>.errors.csv`, made with its first error. `keptBytes`: how much of one that is there belongs to the rows that are done;
 *  what follows was written before a crash and comes again. */
export function openErrorFile(file: string, keptBytes: number): ErrorFile {
  const path = errorPath(file)
  const isKept = keptBytes > 0 && existsSync(path)
  if (!isKept) rmSync(path, { force: true })
  let descriptor = isKept ? openSync(path, 'r+') : undefined
  let bytes = isKept ? keptBytes : 0
  if (descriptor !== undefined) ftruncateSync(descriptor, bytes)
  const write = (to: number, text: string): void => {
    bytes += writeSync(to, text, bytes)
  }
  return {
    path,
    append(errors) {
      if (errors.length === 0) return bytes
      descriptor ??= openSync(path, 'w', 0o600)
      if (bytes === 0) write(descriptor, HEADER)
      write(descriptor, errors.map(lineOf).join(''))
      fsyncSync(descriptor)
      return bytes
    },
    close() {
      if (descriptor !== undefined) closeSync(descriptor)
    },
  }
}

const lineOf = ({ row, line, code, reason }: RowError): string => `${row},${line},${cell(code)},${cell(reason)}\r\n`

/** Quoted, and never read as a formula by whoever opens the file in a spreadsheet. */
function cell(text: string): string {
  const plain = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain
}
