import type { Report } from './verify.ts'

/** The report as a person reads it: what was counted, what was not asked, then the differences with their first ids. */
export function reportToText(report: Report): string {
  const lines = [
    `audit of ${report.workspaces === null ? 'all workspaces' : report.workspaces.join(', ')}, received ${report.since} to ${report.until}`,
    '',
    ...table(report.counts),
    '',
    ...report.notes.map((note) => `note: ${note}`),
  ]
  for (const { kind, meaning, count, examples } of report.differences) {
    lines.push('', `${kind}: ${count}`, `  ${meaning}`)
    for (const { id, detail } of examples) lines.push(detail === '' ? `  ${id}` : `  ${id}  ${detail}`)
    if (count > examples.length) lines.push(`  ... and ${count - examples.length} more`)
  }
  const total = report.differences.reduce((sum, { count }) => sum + count, 0)
  const took = `${(report.tookMs / 1_000).toFixed(1)} s`
  lines.push('', report.agrees ? `everything agrees (${took})` : `${total} differences (${took})`)
  return lines.join('\n')
}

/** In the order of the path, so that a number that falls short is seen beside the one it should equal. */
const PATH = ['accepted', 'clicks', 'postbacks', 'outcomes', 'deliver.', 'retry.', 'held', 'twins', 'clickhouse']
const placeOf = (name: string): number => PATH.findIndex((start) => name.startsWith(start))

function table(counts: Readonly<Record<string, number>>): string[] {
  const names = Object.keys(counts).sort((a, b) => placeOf(a) - placeOf(b) || (a < b ? -1 : 1))
  const width = Math.max(0, ...names.map((name) => name.length))
  const digits = Math.max(0, ...Object.values(counts).map((count) => String(count).length))
  return names.map((name) => `${name.padEnd(width)}  ${String(counts[name]).padStart(digits)}`)
}
