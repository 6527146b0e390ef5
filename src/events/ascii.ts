/** Longer texts are written faster by Node. */
const HERE_MAX = 128

const { charCodeAt } = String.prototype
/** `text.charCodeAt(at)`. V8 has kinds of texts (flat, joined, cut out of another, internalized, two bytes a character); where more than
 *  four of them pass, it looks the method up again for each character. */
export const codeAt = (text: string, at: number): number => charCodeAt.call(text, at)

/** Writes a short text of ASCII at `at`, where there must be room for it; false where it is another, and what was written there means
 *  nothing. A call into Node takes as long as 100 characters do here. */
export function wroteAscii(into: Uint8Array, at: number, text: string): boolean {
  const { length } = text
  if (length > HERE_MAX) return false
  for (let i = 0; i < length; i++) {
    const code = codeAt(text, i)
    if (code > 0x7f) return false
    into[at + i] = code
  }
  return true
}

/** Whether the text has these bytes as its characters, one a byte. */
export function isLatin1Of(text: string, bytes: Uint8Array, from: number, to: number): boolean {
  if (text.length !== to - from) return false
  for (let at = from; at < to; at++) if (codeAt(text, at - from) !== bytes[at]) return false
  return true
}

/** The text's UTF-8 at the beginning of `into`, three bytes for each character of room; answers how many bytes it took. */
export const writeUtf8 = (into: Buffer, text: string): number => (wroteAscii(into, 0, text) ? text.length : into.write(text))
