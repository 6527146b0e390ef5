export type Row = {
  readonly tracker: string
  readonly came: string
  readonly click: string
  readonly platform: string
  readonly answer: string
  readonly tookMs: number
}

export const short = (text: string): string => (text.length <= 12 ? text : `${text.slice(0, 9)}...`)
export const flat = (value: unknown): string => {
  const text = typeof value === 'string' ? value : value instanceof Error ? value.message : JSON.stringify(value)
  return text.length <= 60 ? text : `${text.slice(0, 57)}...`
}

/** The rows as a plain text table. */
export function table(rows: readonly Row[]): string {
  const lines = [
    ['tracker', 'what came in', 'click met', 'platform', 'what it answered', 'took'],
    ...rows.map((one) => [one.tracker, one.came, one.click, one.platform, one.answer, `${one.tookMs} ms`]),
  ]
  const widths = lines[0]?.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0))) ?? []
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
