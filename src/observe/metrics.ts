import { Counter, Gauge, Histogram, Registry } from 'prom-client'

/** Counters by a fixed name and few labels: never an id, never a raw path. Names begin with `postback_`. */
export type Metrics = {
  readonly registry: Registry
  count(name: string, labels?: Readonly<Record<string, string>>, by?: number): void
  gauge(name: string, value: number, labels?: Readonly<Record<string, string>>): void
  seconds(name: string, value: number, labels?: Readonly<Record<string, string>>): void
}

type Cell = { readonly labels: Readonly<Record<string, string>>; count: number }

export function createMetrics(): Metrics {
  const registry = new Registry()
  const counters = new Map<string, Map<string, Cell>>()
  const gauges = new Map<string, Gauge>()
  const histograms = new Map<string, Histogram>()
  const shape = (name: string, labels: Readonly<Record<string, string>>) => ({
    name: `postback_${name}`,
    help: name.replaceAll('_', ' '),
    labelNames: Object.keys(labels),
    registers: [registry],
  })
  /** What was counted under a name since it was last collected, by its labels: looking a child of a counter up takes a microsecond. */
  function cellsOf(name: string, labels: Readonly<Record<string, string>>): Map<string, Cell> {
    const cells = new Map<string, Cell>()
    new Counter({
      ...shape(name, labels),
      collect() {
        for (const cell of cells.values()) {
          this.inc(cell.labels, cell.count)
          cell.count = 0
        }
      },
    })
    return cells
  }
  return {
    registry,
    count(name, labels = {}, by = 1) {
      const cells = counters.getOrInsertComputed(name, () => cellsOf(name, labels))
      let key = ''
      for (const label in labels) key += `${labels[label]}\n`
      const cell = cells.get(key)
      if (cell === undefined) cells.set(key, { labels, count: by })
      else cell.count += by
    },
    gauge(name, value, labels = {}) {
      gauges.getOrInsertComputed(name, () => new Gauge(shape(name, labels))).set(labels, value)
    },
    seconds(name, value, labels = {}) {
      histograms.getOrInsertComputed(name, () => new Histogram(shape(name, labels))).observe(labels, value)
    },
  }
}
