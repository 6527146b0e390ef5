import type { Json } from '../../dialects/definition.ts'
import { REFUSED_NAMES } from './params.ts'

export const JSON_DEPTH_MAX = 32
/** A double holds every number of fewer digits. */
const LONG_DIGITS = 16

export type ParsedJson =
  | { readonly kind: 'value'; readonly value: Json; readonly duplicateKeys: boolean; readonly refusedNames: readonly string[] }
  | { readonly kind: 'invalid'; readonly why: 'syntax' | 'too_deep' }

/** Parses JSON text: at most 32 levels, numbers that a double cannot hold kept as their text, of duplicate keys the last,
 *  names that reach a prototype dropped. Never throws. */
export function parseJson(text: string): ParsedJson {
  const scan = scanJson(text)
  if (scan.depth > JSON_DEPTH_MAX) return { kind: 'invalid', why: 'too_deep' }
  let value: Json
  try {
    value = (scan.hasLongNumber ? JSON.parse(text, keepNumber) : JSON.parse(text)) as Json
  } catch {
    return { kind: 'invalid', why: 'syntax' }
  }
  const refusedNames: string[] = []
  const members = dropRefused(value, refusedNames)
  return { kind: 'value', value, duplicateKeys: members < scan.members, refusedNames }
}

/** One pass over the text, strings skipped: how deep it nests, how many members its objects have, and whether a number may be one that a
 *  double does not hold. */
function scanJson(text: string): { depth: number; members: number; hasLongNumber: boolean } {
  let depth = 0
  let deepest = 0
  let members = 0
  let digits = 0
  let hasLongNumber = false
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code >= 0x30 && code <= 0x39) {
      if (++digits === LONG_DIGITS) hasLongNumber = true
      continue
    }
    // The fraction goes on with the number, and an exponent ends it; the letters of `true` follow no digit.
    if (digits > 0 && (code === 0x65 || code === 0x45)) hasLongNumber = true
    if (code !== 0x2e) digits = 0
    switch (code) {
      case 0x22: // "
        for (i++; i < text.length; i++) {
          const inside = text.charCodeAt(i)
          if (inside === 0x5c) i++
          else if (inside === 0x22) break
        }
        break
      case 0x7b: // {
      case 0x5b: // [
        if (++depth > deepest) deepest = depth
        break
      case 0x7d: // }
      case 0x5d: // ]
        depth--
        break
      case 0x3a: // :
        members++
        break
    }
  }
  return { depth: deepest, members, hasLongNumber }
}

/** Each number by itself: what stands beside it in the text must not change how it is read. */
function keepNumber(_key: string, value: unknown, context?: { source?: string }): unknown {
  const source = context?.source
  if (typeof value !== 'number' || source === undefined || !isLong(source)) return value
  return Number.isFinite(value) && (Number.isSafeInteger(value) || source === String(value)) ? value : source
}
const isLong = (source: string): boolean => /e/i.test(source) || source.replace(/\D/g, '').length >= LONG_DIGITS

/** Counts the members, dropped ones included; the depth is bounded before it comes here. */
function dropRefused(value: Json, refused: string[]): number {
  if (typeof value !== 'object' || value === null) return 0
  let members = 0
  if (Array.isArray(value)) {
    for (const entry of value) members += dropRefused(entry, refused)
    return members
  }
  const object = value as Record<string, Json> // fresh from JSON.parse, ours alone, and nothing inherited is counted up
  for (const name in object) {
    members += 1 + dropRefused(object[name] as Json, refused)
    if (!REFUSED_NAMES.has(name)) continue
    refused.push(name)
    delete object[name]
  }
  return members
}
