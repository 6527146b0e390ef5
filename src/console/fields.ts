import type { z } from 'zod'
import { invalid, type WrongField } from './problem.ts'

/** Values under these names are never repeated in an answer. */
const SECRET = /credential|password|token|secret|key/i
const SENT_MAX = 100

/** What the schema makes of it. Throws Refusal `validation_failed` that names every field at fault. */
export function parse<T>(schema: z.ZodType<T>, value: unknown, under = ''): T {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  throw invalid(parsed.error.issues.flatMap((issue) => wrongFields(issue, value, under)))
}

function wrongFields(issue: z.core.$ZodIssue, value: unknown, under: string): WrongField[] {
  const at = (path: readonly PropertyKey[]): string => [under, ...path.map(String)].filter((part) => part !== '').join('.')
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => field(at([...issue.path, key]), valueAt(value, [...issue.path, key]), 'no such property'))
  }
  return [field(at(issue.path), valueAt(value, issue.path), issue.message)]
}

function field(param: string, sent: unknown, expected: string): WrongField {
  const text = sent === undefined ? '' : typeof sent === 'string' ? sent : JSON.stringify(sent)
  return { param, sent: text !== '' && SECRET.test(param) ? '[secret]' : text.slice(0, SENT_MAX), expected }
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (at, key) => (typeof at === 'object' && at !== null && Object.hasOwn(at, key) ? (at as Record<PropertyKey, unknown>)[key] : undefined),
    value,
  )
}
