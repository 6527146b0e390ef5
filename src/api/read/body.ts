import type { Json } from '../../dialects/definition.ts'
import { parseJson } from './json.ts'
import { decodeUtf8, parsePairs } from './params.ts'

export type ParsedBody =
  | { readonly kind: 'none' }
  | { readonly kind: 'pairs'; readonly pairs: readonly (readonly [string, string])[]; readonly invalidUtf8: boolean }
  | {
      readonly kind: 'object'
      readonly object: { readonly [name: string]: Json }
      readonly invalidUtf8: boolean
      readonly duplicateKeys: boolean
      readonly refusedNames: readonly string[]
    }
  /** `text` is '' where nothing of it can be shown without people: names and values of a multipart form stand apart. */
  | { readonly kind: 'unreadable'; readonly message: string; readonly fix: string; readonly text: string }

/** Reads a body by what it is rather than by what it says it is, since many senders label JSON as a form or as text. */
export function parseBody(bytes: Uint8Array, contentType: string, contentEncoding: string): ParsedBody {
  if (bytes.length === 0) return { kind: 'none' }
  const { text, invalidUtf8 } = decodeUtf8(bytes)
  const unreadable = (message: string, fix: string, shown = text): ParsedBody => ({ kind: 'unreadable', message, fix, text: shown })
  if (contentEncoding !== '' && contentEncoding !== 'identity')
    return unreadable('The body is compressed.', 'Send it without content-encoding.', '')
  const type = contentType.toLowerCase()
  if (type.startsWith('multipart/')) return unreadable('The body is a multipart form.', 'Send a urlencoded form or JSON.', '')
  const first = /\S/.exec(text)?.[0]
  if (first === undefined) return { kind: 'none' }
  if (first !== '{' && first !== '[' && !type.includes('json')) {
    if (!type.includes('urlencoded') && !text.includes('='))
      return unreadable('The body is neither a form nor JSON.', 'Send a urlencoded form or one JSON object.')
    const form = parsePairs(text.trim())
    return { kind: 'pairs', pairs: form.pairs, invalidUtf8: invalidUtf8 || form.invalidUtf8 }
  }
  const parsed = parseJson(text)
  if (parsed.kind === 'invalid')
    return parsed.why === 'too_deep'
      ? unreadable('The JSON is nested too deep.', 'Nest at most 32 levels.')
      : unreadable('The body is not valid JSON.', 'Send one JSON object; a JSON checker shows the place of the mistake.')
  if (typeof parsed.value !== 'object' || parsed.value === null || Array.isArray(parsed.value))
    return unreadable('The JSON is no object.', 'Send one JSON object; lists go to /api/v1/postback/conversions/batch.')
  const object = parsed.value as { readonly [name: string]: Json } // neither a list nor null
  return { kind: 'object', object, invalidUtf8, duplicateKeys: parsed.duplicateKeys, refusedNames: parsed.refusedNames }
}
