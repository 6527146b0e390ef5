import { randomBytes } from 'node:crypto'

const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567'

/** `prefix` and ten lower-case base32 characters (50 random bits): fit for the form of a source key, which has no room for a dash. */
export function newId(prefix: string): string {
  return prefix + Array.from(randomBytes(10), (byte) => BASE32[byte & 31]).join('')
}
