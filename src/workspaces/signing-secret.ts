import { createHmac } from 'node:crypto'
import type { KeyRing } from './source-key.ts'

/** How Standard Webhooks writes a secret: the prefix, then base64. */
const PREFIX = 'whsec_'

/** What a backend signs its requests with, as bytes: derived from the server's secret like the keys, so that it is kept nowhere,
 *  rotates with the version of the source's keys and ends with it. 32 bytes. */
export function signingSecret(workspaceId: string, sourceId: string, version: number, ring: KeyRing): Buffer {
  return createHmac('sha256', ring.secret).update(`whs1|${workspaceId}|${sourceId}|${version}`).digest()
}

/** The secret as it is shown once more to whoever may see the keys of the source. */
export const shownSecret = (secret: Buffer): string => `${PREFIX}${secret.toString('base64')}`
