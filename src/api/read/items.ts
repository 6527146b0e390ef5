import type { Json } from '../../dialects/definition.ts'
import { type ParsedJson, parseJson } from './json.ts'

/** One of many in a body, with what is told of its own text. */
export type Listed = {
  readonly value: Json
  /** False: a line that is no JSON; `value` is its text. */
  readonly isJson: boolean
  readonly invalidUtf8: boolean
  readonly duplicateKeys: boolean
  readonly refusedNames: readonly string[]
}

/** The items of a list that was parsed as a whole. Only when something of the whole is at fault is each looked at by itself. */
export function listedItems(
  list: readonly Json[],
  whole: Extract<ParsedJson, { kind: 'value' }>,
  text: string,
  invalidUtf8: boolean,
): readonly Listed[] {
  const told = { isJson: true, invalidUtf8, duplicateKeys: whole.duplicateKeys, refusedNames: whole.refusedNames }
  const texts = invalidUtf8 || whole.duplicateKeys || whole.refusedNames.length > 0 ? elementTexts(text) : []
  return list.map((value, index) => {
    const own = texts.length === list.length ? texts[index] : undefined
    return own === undefined ? { ...told, value } : listedLine(own, invalidUtf8)
  })
}

/** An item that has its text for itself. */
export function listedLine(text: string, invalidUtf8: boolean): Listed {
  const ownInvalid = invalidUtf8 && text.includes('\ufffd')
  const parsed = parseJson(text)
  if (parsed.kind === 'invalid') return { value: text, isJson: false, invalidUtf8: ownInvalid, duplicateKeys: false, refusedNames: [] }
  const { value, duplicateKeys, refusedNames } = parsed
  return { value, isJson: true, invalidUtf8: ownInvalid, duplicateKeys, refusedNames }
}

/** The texts of the elements of the first list in valid JSON. */
function elementTexts(text: string): string[] {
  const texts: string[] = []
  let depth = 0
  let start = text.indexOf('[') + 1
  for (let i = start; i < text.length; i++) {
    const char = text[i]
    if (char === '"') {
      for (i++; i < text.length && text[i] !== '"'; i++) if (text[i] === '\\') i++
    } else if (char === '{' || char === '[') depth++
    else if ((char === '}' || char === ']') && depth > 0) depth--
    else if (depth === 0 && (char === ',' || char === ']')) {
      texts.push(text.slice(start, i))
      if (char === ']') break
      start = i + 1
    }
  }
  return texts
}
