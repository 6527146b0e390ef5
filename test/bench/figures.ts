/** null: not measured. */
export type Figure = number | null

/** What a bench answers: the figures of the contract by their names, and beside them what they were measured with. */
export type Report = {
  readonly figures: Readonly<Record<string, Figure>>
  readonly run: Readonly<Record<string, unknown>>
}

/** The smallest value that at least `share` (0 to 1) of all do not exceed; null of none. */
export function percentile(values: readonly number[], share: number): Figure {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? null
}

/** Null of none. */
export function median(values: readonly number[]): Figure {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length / 2
  const [low, high] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]]
  return low === undefined || high === undefined ? null : (low + high) / 2
}

/** Largest less smallest, as a share of the median: how far the runs of one subject lie apart. Null of fewer than two. */
export function spread(values: readonly number[]): Figure {
  const middle = median(values)
  return values.length < 2 || middle === null || middle === 0 ? null : (Math.max(...values) - Math.min(...values)) / middle
}

/** Null when either was not measured. */
export const ratio = (ours: Figure, theirs: Figure): Figure => (ours === null || theirs === null || theirs === 0 ? null : ours / theirs)

/** Three digits that count: more would be noise. */
export const rounded = (value: Figure): Figure => (value === null ? null : Number(value.toPrecision(3)))
