import type { Source } from '../workspaces/schema.ts'

/** Whether a version of a source's key no longer opens anything. A version not heard of yet does. */
export function isKeyRevoked(source: Source | undefined, version: number, nowMs: number): boolean {
  const found = source?.key_versions.find((one) => one.version === version)
  if (found === undefined) return false
  return found.revoked_at !== null || (found.retires_at !== null && found.retires_at <= nowMs)
}
