/** Beyond it new connections are closed at once. */
const CONNECTIONS_MAX = 20_000
/** Files that are kept for the spool, the broker, the registry and what else a process opens. */
const FILES_KEPT = 256
const LEAST = 64

/** How many connections a process may hold that may have so many files open. One without a file left answers nobody: neither the spool
 *  nor a new connection to the broker can be opened. */
export const connectionsFor = (openFilesMax: number): number => Math.max(LEAST, Math.min(CONNECTIONS_MAX, openFilesMax - FILES_KEPT))

/** Of this process; Infinity where the system has no limit or does not tell. */
export function openFilesMax(): number {
  // Or it would ask for the names of every address. The types do not have it yet.
  Object.assign(process.report, { excludeNetwork: true })
  const { userLimits } = process.report.getReport() as { userLimits?: { open_files?: { soft?: number | string } } } // as Node documents it
  const max = Number(userLimits?.open_files?.soft)
  return Number.isFinite(max) ? max : Number.POSITIVE_INFINITY
}
