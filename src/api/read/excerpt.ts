import { maskedMembers, withoutPeople } from './private.ts'

const EXCERPT_BYTES = 512
const DIGIT_RUN = /\+?\d(?:[\s().-]{0,3}\d){6,}/g

/** The beginning of what could not be parsed, and so cannot be hashed: the values of private names, addresses and runs of
 *  digits masked, at most 512 bytes. */
export function maskedExcerpt(text: string): string {
  // Cut late, so that an address on the border is masked before it is cut in two.
  const plain = text
    .slice(0, 4 * EXCERPT_BYTES)
    // Of UTF-16 every second character is one, and no name would be known.
    .replaceAll('\0', '')
    .replace(/\\{1,8}u([0-9a-fA-F]{4})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  const masked = withoutPeople(maskedMembers(plain))
    .replace(/[^\s"]+/g, (word) => (/.(?:@|%40)./.test(word) ? '[email]' : word))
    .replace(DIGIT_RUN, '[digits]')
  return Buffer.from(masked)
    .subarray(0, EXCERPT_BYTES)
    .toString()
    .replace(/\ufffd+$/, '')
}
