import { hash } from 'node:crypto'

const HASHED = /^[0-9a-f]{64}$/i
/** SHA-256 of the empty string: what a sender gets that hashes a field it does not have. */
const OF_NOTHING = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'

/** SHA-256 in lower-case hex of the UTF-8 text. */
export const sha256 = (text: string): string => hash('sha256', text, 'hex')

/** What already is 64 hex digits is a hash and passes in lower case; undefined: it is plain text. */
export const asHash = (text: string): string | undefined => (HASHED.test(text) ? text.toLowerCase() : undefined)

export const isHashOfNothing = (hashed: string): boolean => hashed === OF_NOTHING
