import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { Fault } from '../events/fault.ts'
import type { Sealed } from './schema.ts'

/** A key of CREDENTIALS_KEYS; the first 32 bytes of the secret are used. */
export type SealKey = { readonly id: string; readonly secret: Uint8Array }

export type Seal = {
  /** Credentials of one destination as they rest in `workspaces`. */
  seal(credentials: unknown, workspaceId: string, destinationId: string): Sealed
  /** Throws Fault `credentials_unreadable` when the key is gone, or when the text belongs to another destination. */
  unseal(sealed: Sealed, workspaceId: string, destinationId: string): unknown
}

const KEY_BYTES = 32
const NONCE_BYTES = 12
const TAG_BYTES = 16

/** AES-256-GCM; the first key seals, all of them open. Workspace and destination are authenticated with the text, so that a
 *  record copied to another place does not open there. */
export function createSeal(keys: readonly SealKey[]): Seal {
  const [first] = keys
  if (first === undefined) throw new Fault('config_invalid', 'CREDENTIALS_KEYS holds no key. See .env.example.')
  const secrets = new Map(keys.map(({ id, secret }) => [id, secret.subarray(0, KEY_BYTES)]))
  const bound = (workspaceId: string, destinationId: string): Buffer => Buffer.from(JSON.stringify([workspaceId, destinationId]))

  return {
    seal(credentials, workspaceId, destinationId) {
      const nonce = randomBytes(NONCE_BYTES)
      const cipher = createCipheriv('aes-256-gcm', first.secret.subarray(0, KEY_BYTES), nonce)
      cipher.setAAD(bound(workspaceId, destinationId))
      const data = Buffer.concat([cipher.update(JSON.stringify(credentials), 'utf8'), cipher.final(), cipher.getAuthTag()])
      return { key: first.id, nonce: nonce.toString('base64'), data: data.toString('base64') }
    },
    unseal(sealed, workspaceId, destinationId) {
      const secret = secrets.get(sealed.key)
      if (secret === undefined) {
        throw new Fault(
          'credentials_unreadable',
          `Key ${sealed.key} is not in CREDENTIALS_KEYS. Add it again, or save the credentials anew.`,
        )
      }
      try {
        const data = Buffer.from(sealed.data, 'base64')
        const decipher = createDecipheriv('aes-256-gcm', secret, Buffer.from(sealed.nonce, 'base64'))
        decipher.setAAD(bound(workspaceId, destinationId))
        decipher.setAuthTag(data.subarray(-TAG_BYTES))
        return JSON.parse(Buffer.concat([decipher.update(data.subarray(0, -TAG_BYTES)), decipher.final()]).toString('utf8')) as unknown
      } catch {
        throw new Fault('credentials_unreadable', `The credentials of destination ${destinationId} do not open. Save them anew.`)
      }
    },
  }
}
