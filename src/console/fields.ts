import type { z } from 'zod'
import { expectedOf } from '../api/expected-of.ts'
import { invalid, type WrongField } from './problem.ts'

/** Values under these names are never repeated in an answer; nor is anything of a destination's settings, where tokens are
 *  pasted by mistake. */
const SECRET = /credential|password|token|secret|key/i
const SETTINGS = /^settings(\.|$)/
const SENT_MAX = 100
const NAME_MAX = 100
/** A body may have a hundred thousand fields that are none. */
const ERRORS_MAX = 50

/** What the schema makes of it. Throws Refusal `validation_failed` that names every field at fault. */
export function parse<T>(schema: z.ZodType<T>, value: unknown, under = ''): T {
  const parsed = schema.safeParse(value, { error: expectedOf })
  if (parsed.success) return parsed.data
  throw invalid(
    parsed.error.issues
      .slice(0, ERRORS_MAX)
      .flatMap((issue) => wrongFields(issue, value, under))
      .slice(0, ERRORS_MAX),
  )
}

function wrongFields(issue: z.core.$ZodIssue, value: unknown, under: string): WrongField[] {
  const at = (path: readonly PropertyKey[]): string => [under, ...path.map(String)].filter((part) => part !== '').join('.')
  if (issue.code === 'unrecognized_keys') {
    return issue.keys
      .slice(0, ERRORS_MAX)
      .map((key) => field(at([...issue.path, key]), valueAt(value, [...issue.path, key]), issue.message))
  }
  const sent = issue.code === 'invalid_key' ? issue.path.at(-1) : valueAt(value, issue.path)
  return [field(at(issue.path), sent, issue.message)]
}

const field = (param: string, sent: unknown, expected: string): WrongField => ({
  param: param.slice(0, NAME_MAX),
  sent: shown(param, sent),
  expected,
})

function shown(param: string, sent: unknown): string {
  if (sent === undefined || sent === '') return ''
  if (SECRET.test(param)) return '[secret]'
  if (param === '' || SETTINGS.test(param)) return '[not shown]'
  if (typeof sent === 'object' && sent !== null) return Array.isArray(sent) ? 'a list' : 'an object'
  return String(sent).slice(0, SENT_MAX)
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (at, key) => (typeof at === 'object' && at !== null && Object.hasOwn(at, key) ? (at as Record<PropertyKey, unknown>)[key] : undefined),
    value,
  )
}
