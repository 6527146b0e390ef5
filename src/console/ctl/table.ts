/** What senders wrote must neither move the cursor nor turn the direction of what stands beside it. */
const UNSHOWN = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu

/** Rows as aligned columns; an absent value is empty. */
export function table(rows: readonly Readonly<Record<string, unknown>>[], columns: readonly string[]): string {
  if (rows.length === 0) return 'none'
  const cells = [columns.map((column) => column.replaceAll('_', ' ')), ...rows.map((row) => columns.map((column) => cell(row[column])))]
  const widths = columns.map((_, at) => Math.max(...cells.map((line) => line[at]?.length ?? 0)))
  return cells
    .map((line) =>
      line
        .map((text, at) => text.padEnd(widths[at] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** Fields one below the other. */
export const fields = (object: Readonly<Record<string, unknown>>): string =>
  table(
    Object.entries(object).map(([name, value]) => ({ name, value })),
    ['name', 'value'],
  )
    .split('\n')
    .slice(1)
    .join('\n')

function cell(value: unknown): string {
  if (value === null || value === undefined) return ''
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value)
  return text.replace(UNSHOWN, ' ')
}
