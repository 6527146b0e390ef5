import { Counter, Gauge, Histogram, Registry } from 'prom-client'

/** Counters by a fixed name and few labels: never an id, never a raw path. Names begin with `postback_`. */
export type Metrics = {
  readonly registry: Registry
  count(name: string, labels?: Readonly<Record<string, string>>, by?: number): void
  gauge(name: string, value: number, labels?: Readonly<Record<string, string>>): void
  seconds(name: string, value: number, labels?: Readonly<Record<string, string>>): void
}

/** What was counted under the values of some labels since it was last collected, and in `more` under one label more: looking a child of a
 *  counter up takes a microsecond, and a text made of all values must be looked up as well. */
type Cell = { labels: Readonly<Record<string, string>>; count: number | null; readonly more: Map<string, Cell> }
const emptyCell = (): Cell => ({ labels: {}, count: null, more: new Map() })

export function createMetrics(): Metrics {
  const registry = new Registry()
  const counters = new Map<string, Cell>()
  const gauges = new Map<string, Gauge>()
  const histograms = new Map<string, Histogram>()
  const shape = (name: string, labels: Readonly<Record<string, string>>) => ({
    name: `postback_${name}`,
    help: name.replaceAll('_', ' '),
    labelNames: Object.keys(labels),
    registers: [registry],
  })
  function rootOf(name: string, labels: Readonly<Record<string, string>>): Cell {
    const root = emptyCell()
    new Counter({
      ...shape(name, labels),
      collect() {
        for (const cell of cellsIn(root)) {
          this.inc(cell.labels, cell.count ?? 0)
          cell.count = 0
        }
      },
    })
    return root
  }
  return {
    registry,
    count(name, labels = {}, by = 1) {
      let cell = counters.getOrInsertComputed(name, () => rootOf(name, labels))
      for (const label in labels) cell = cell.more.getOrInsertComputed(String(labels[label]), emptyCell)
      if (cell.count === null) cell.labels = labels
      cell.count = (cell.count ?? 0) + by
    },
    gauge(name, value, labels = {}) {
      gauges.getOrInsertComputed(name, () => new Gauge(shape(name, labels))).set(labels, value)
    },
    seconds(name, value, labels = {}) {
      histograms.getOrInsertComputed(name, () => new Histogram(shape(name, labels))).observe(labels, value)
    },
  }
}

function* cellsIn(cell: Cell): Generator<Cell> {
  if (cell.count !== null) yield cell
  for (const one of cell.more.values()) yield* cellsIn(one)
}
