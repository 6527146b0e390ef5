import { FIELDS } from '../dialects/definition.ts'
import { DIALECTS } from '../dialects/index.ts'
import { ImportFault } from './fault.ts'

/** How the cells of a row become an item: the name of each column, null where it is left out. */
export type Columns = { readonly names: readonly (string | null)[]; readonly set: ReadonlyMap<string, string> }

/** Throws ImportFault (2) for a mapping that cannot be meant. Columns that are not mapped go under their own names. */
export function readColumns(header: readonly string[], map: ReadonlyMap<string, string>, set: ReadonlyMap<string, string>): Columns {
  const columns = header.map((name) => name.trim())
  const missing = [...map.keys()].filter((column) => !columns.includes(column))
  if (missing.length > 0) throw new ImportFault(`The file has no column ${missing.join(', ')}. It has: ${columns.join(', ')}.`, 2)
  const unknown = [...map.values(), ...set.keys()].filter((field) => field !== '' && !isKnown(field))
  if (unknown.length > 0) throw new ImportFault(`There is no field ${unknown.join(', ')}. Fields: ${FIELDS.join(', ')}.`, 2)
  const names = columns.map((column) => map.get(column) ?? column).map((name) => (name === '' ? null : name))
  const twice = names.filter((name, index) => name !== null && names.indexOf(name) !== index)
  if (twice.length > 0)
    throw new ImportFault(`More than one column is read as ${[...new Set(twice)].join(', ')}. Leave the others out with --map column=.`, 2)
  if (names.every((name) => name === null) && set.size === 0) throw new ImportFault('Every column is left out.', 2)
  return { names, set }
}

/** One of ours, or one that some tracker has for it. */
const isKnown = (name: string): boolean => DIALECTS.some((dialect) => dialect.byParam.has(name.toLowerCase()))

export type Item = Readonly<Record<string, string>>
export type ReadRow =
  | { readonly kind: 'item'; readonly item: Item }
  | { readonly kind: 'bad'; readonly code: string; readonly reason: string }

/** The item of a row, or why it is none. Empty cells are left out. */
export function readRow(cells: readonly string[], { names, set }: Columns): ReadRow {
  if (cells.length !== names.length) return bad('column_count', `The row has ${cells.length} cells, the header has ${names.length}.`)
  if (cells.some((cell) => cell.includes('\ufffd')))
    return bad('invalid_utf8', 'Some bytes are not of the encoding. Save the file as UTF-8, or name its own with --encoding.')
  const item: Record<string, string> = Object.fromEntries(set)
  let isEmpty = true
  for (const [index, name] of names.entries()) {
    const cell = cells[index] ?? ''
    if (name === null || cell === '') continue
    isEmpty = false
    item[name] = cell
  }
  return isEmpty ? bad('empty_row', 'Every cell of the row is empty.') : { kind: 'item', item }
}

const bad = (code: string, reason: string): ReadRow => ({ kind: 'bad', code, reason })
