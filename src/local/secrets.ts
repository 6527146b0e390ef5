import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { readPrivate, writePrivate } from './stack-file.ts'

export type Secrets = { readonly KEY_RINGS: string; readonly CREDENTIALS_KEYS: string; readonly OPERATOR_API_KEY: string }

/** The secrets of this stack, minted at its first start; a variable that is set goes before. */
export function openSecrets(dataDir: string, env: Readonly<Record<string, string | undefined>>): Secrets {
  const kept = readPrivate<Secrets>(dataDir, 'secrets.json') ?? {
    KEY_RINGS: `r1:${randomBytes(32).toString('base64')}`,
    CREDENTIALS_KEYS: `k1:${randomBytes(32).toString('base64')}`,
    OPERATOR_API_KEY: `pb_op_${randomBytes(32).toString('base64url')}`,
  }
  writePrivate(join(dataDir, 'secrets.json'), kept)
  return {
    KEY_RINGS: env.KEY_RINGS || kept.KEY_RINGS,
    CREDENTIALS_KEYS: env.CREDENTIALS_KEYS || kept.CREDENTIALS_KEYS,
    OPERATOR_API_KEY: env.OPERATOR_API_KEY || kept.OPERATOR_API_KEY,
  }
}
