import cluster from 'node:cluster'
import type { RunRole } from './context.ts'

/** One process, or with EDGE_PROCESSES several behind one port. */
export const edge: RunRole = async (config, args) => {
  if (config.EDGE_PROCESSES > 1 && cluster.isPrimary) return (await import('./edge-primary.ts')).runEdgePrimary(config)
  return (await import('./edge-process.ts')).runEdgeProcess(config, args)
}
