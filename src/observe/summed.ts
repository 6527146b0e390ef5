import { AggregatorRegistry, type MetricObject } from 'prom-client'
import type { Scraped } from './admin.ts'

/** The metrics of several processes as those of one: counters, gauges and histograms are summed. */
export const summed = (parts: readonly (readonly object[])[]): Scraped => AggregatorRegistry.aggregate(parts as MetricObject[][]) // as `getMetricsAsJSON` gave them
