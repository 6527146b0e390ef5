import type { KeyVersion, Source } from '../workspaces/schema.ts'

/** Whether a version of a source's key no longer opens anything. A version not heard of yet does. */
export function isKeyRevoked(source: Source | undefined, version: number, nowMs: number): boolean {
  const found = source?.key_versions.find((one) => one.version === version)
  return found !== undefined && !isInForce(found, nowMs)
}

/** Neither revoked nor retired. */
export const isInForce = ({ revoked_at, retires_at }: KeyVersion, nowMs: number): boolean =>
  revoked_at === null && (retires_at === null || retires_at > nowMs)
