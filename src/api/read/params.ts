/** Names that would reach an object's prototype; nobody sends them in good faith. */
export const REFUSED_NAMES: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])

export type Pairs = {
  /** In order, duplicates included. */
  readonly pairs: readonly (readonly [string, string])[]
  /** Some bytes were no UTF-8; U+FFFD stands in their place. */
  readonly invalidUtf8: boolean
}

/** Decodes a query or an urlencoded form once: `+` is a blank, a `%` that begins no escape stays as it is, and so does a
 *  whole value `%name%`, which is a macro and not bytes. Never throws. */
export function parsePairs(text: string): Pairs {
  const pairs: (readonly [string, string])[] = []
  let invalidUtf8 = false
  const isPlain = !ENCODED.test(text)
  const decode = (raw: string): string => {
    if (isPlain) return raw
    const hasPercent = raw.includes('%')
    if (hasPercent && PERCENT_MACRO.test(raw)) return raw
    const spaced = raw.includes('+') ? raw.replaceAll('+', ' ') : raw
    if (!hasPercent && !NOT_ASCII.test(spaced)) return spaced
    try {
      if (!NOT_ASCII.test(spaced)) return decodeURIComponent(spaced)
    } catch {
      // Told apart below: a stray `%` is kept, bytes that are no UTF-8 are replaced.
    }
    const decoded = decodeLoosely(spaced)
    invalidUtf8 ||= decoded.invalidUtf8
    return decoded.text
  }
  for (const part of text.split('&')) {
    if (part === '') continue
    const equals = part.indexOf('=')
    pairs.push(equals === -1 ? [decode(part), ''] : [decode(part.slice(0, equals)), decode(part.slice(equals + 1))])
  }
  return { pairs, invalidUtf8 }
}

/** What there may be to decode. */
const ENCODED = /[%+\u0080-\uffff]/
const PERCENT_MACRO = /^%{1,2}[A-Za-z_][\w.-]{0,63}%{1,2}$/
const NOT_ASCII = /[\u0080-\uffff]/
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const lenient = new TextDecoder('utf-8', { ignoreBOM: true })

/** A request line reaches us as one character per byte, so characters above 127 are bytes too. */
function decodeLoosely(text: string): { text: string; invalidUtf8: boolean } {
  const bytes = Buffer.alloc(text.length * 3)
  let length = 0
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    const hex = code === 0x25 ? /^[0-9A-Fa-f]{2}/.exec(text.slice(i + 1, i + 3))?.[0] : undefined
    if (hex !== undefined) {
      bytes[length++] = Number.parseInt(hex, 16)
      i += 2
    } else if (code <= 0xff) bytes[length++] = code
    else length += bytes.write(text[i] ?? '', length)
  }
  return decodeUtf8(bytes.subarray(0, length))
}

/** Text of bytes; what is no UTF-8 becomes U+FFFD and is told. A byte order mark is dropped. */
export function decodeUtf8(bytes: Uint8Array): { text: string; invalidUtf8: boolean } {
  const start = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0
  const rest = start === 0 ? bytes : bytes.subarray(start)
  try {
    return { text: strict.decode(rest), invalidUtf8: false }
  } catch {
    return { text: lenient.decode(rest), invalidUtf8: true }
  }
}
