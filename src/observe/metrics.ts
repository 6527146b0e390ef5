import { Counter, Gauge, Histogram, Registry } from 'prom-client'

/** Counters by a fixed name and few labels: never an id, never a raw path. Names begin with `postback_`. */
export type Metrics = {
  readonly registry: Registry
  count(name: string, labels?: Readonly<Record<string, string>>, by?: number): void
  gauge(name: string, value: number, labels?: Readonly<Record<string, string>>): void
  seconds(name: string, value: number, labels?: Readonly<Record<string, string>>): void
}

export function createMetrics(): Metrics {
  const registry = new Registry()
  const counters = new Map<string, Counter>()
  const gauges = new Map<string, Gauge>()
  const histograms = new Map<string, Histogram>()
  const shape = (name: string, labels: Readonly<Record<string, string>>) => ({
    name: `postback_${name}`,
    help: name.replaceAll('_', ' '),
    labelNames: Object.keys(labels),
    registers: [registry],
  })
  return {
    registry,
    count(name, labels = {}, by = 1) {
      counters.getOrInsertComputed(name, () => new Counter(shape(name, labels))).inc(labels, by)
    },
    gauge(name, value, labels = {}) {
      gauges.getOrInsertComputed(name, () => new Gauge(shape(name, labels))).set(labels, value)
    },
    seconds(name, value, labels = {}) {
      histograms.getOrInsertComputed(name, () => new Histogram(shape(name, labels))).observe(labels, value)
    },
  }
}
