import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readPrivate, writePrivate } from './stack-file.ts'

export type Secrets = { readonly KEY_RINGS: string; readonly CREDENTIALS_KEYS: string; readonly OPERATOR_API_KEY: string }

/** The secrets of this stack, minted at its first start; a variable that is set goes before, or the file its `_FILE` form names. */
export function openSecrets(dataDir: string, env: Readonly<Record<string, string | undefined>>): Secrets {
  const kept = readPrivate<Secrets>(dataDir, 'secrets.json') ?? {
    KEY_RINGS: `r1:${randomBytes(32).toString('base64')}`,
    CREDENTIALS_KEYS: `k1:${randomBytes(32).toString('base64')}`,
    OPERATOR_API_KEY: `pb_op_${randomBytes(32).toString('base64url')}`,
  }
  writePrivate(join(dataDir, 'secrets.json'), kept)
  const given = (name: keyof Secrets): string =>
    env[name] || (env[`${name}_FILE`] ? readFileSync(env[`${name}_FILE`] ?? '', 'utf8').trim() : '')
  return {
    KEY_RINGS: given('KEY_RINGS') || kept.KEY_RINGS,
    CREDENTIALS_KEYS: given('CREDENTIALS_KEYS') || kept.CREDENTIALS_KEYS,
    OPERATOR_API_KEY: given('OPERATOR_API_KEY') || kept.OPERATOR_API_KEY,
  }
}
