import { argon2, randomBytes, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'

const derive = promisify(argon2)

/** OWASP's second choice for argon2id: 19 MiB, two passes, one lane.
 *  https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html */
const MEMORY_KIB = 19_456
const PASSES = 2
const LANES = 1
const TAG_BYTES = 32
const SALT_BYTES = 16

const PHC = /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]{22,})\$([A-Za-z0-9+/]{43,})$/

/** As a PHC string, `$argon2id$v=19$m=...,t=...,p=...$salt$hash`. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES)
  const tag = await tagOf(password, salt, MEMORY_KIB, PASSES, LANES, TAG_BYTES)
  return `$argon2id$v=19$m=${MEMORY_KIB},t=${PASSES},p=${LANES}$${unpadded(salt)}$${unpadded(tag)}`
}

/** Costs the same when there is no account: then `stored` is undefined and the answer false. */
export async function verifyPassword(password: string, stored: string | undefined): Promise<boolean> {
  const [, memory = String(MEMORY_KIB), passes = String(PASSES), lanes = String(LANES), salt = '', tag = ''] = PHC.exec(stored ?? '') ?? []
  const expected = tag === '' ? randomBytes(TAG_BYTES) : Buffer.from(tag, 'base64')
  const saltBytes = salt === '' ? randomBytes(SALT_BYTES) : Buffer.from(salt, 'base64')
  const derived = await tagOf(password, saltBytes, Number(memory), Number(passes), Number(lanes), expected.length)
  return timingSafeEqual(derived, expected) && tag !== ''
}

/** 24 characters, 144 random bits. */
export const randomPassword = (): string => randomBytes(18).toString('base64url')

const tagOf = (message: string, nonce: Buffer, memory: number, passes: number, parallelism: number, tagLength: number): Promise<Buffer> =>
  derive('argon2id', { message, nonce, memory, passes, parallelism, tagLength })

const unpadded = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/, '')
