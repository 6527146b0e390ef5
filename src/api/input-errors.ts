import type { z } from 'zod'
import type { Json } from '../dialects/definition.ts'
import { textOf } from '../dialects/fields.ts'
import type { FieldError } from './answer.ts'
import { keepableJson, withoutPeople } from './read/private.ts'

const SENT_MAX = 100
const NAME_MAX = 100
/** Of one input: a body of 10 MB may have a million fields that are none. */
const ERRORS_MAX = 20

/** What is wrong with an input in the words of its sender: each field once, what was sent, and by `expected` what would be right.
 *  The first 20. */
export function inputErrors(error: z.ZodError, input: unknown, expected: Readonly<Record<string, string>>): FieldError[] {
  const errors = new Map<string, FieldError>()
  const names = `one of ${Object.keys(expected).join(', ')}`
  for (const issue of error.issues) {
    const path = issue.path.map(String)
    if (issue.code === 'unrecognized_keys' && path.length === 0) {
      for (const name of issue.keys.slice(0, ERRORS_MAX)) {
        const param = withoutPeople(name.slice(0, NAME_MAX))
        errors.set(name, {
          ...{ param, code: 'unknown_field', sent: sentAt(input, [name]), expected: names },
          message: `${param} is no field of this request.`,
        })
      }
      continue
    }
    const param = path.join('.')
    if (!errors.has(param)) errors.set(param, wrongField(path, input, expected[path[0] ?? ''] ?? 'a JSON object'))
  }
  return [...errors.values()].slice(0, ERRORS_MAX)
}

/** One field that is not right. `path` empty: the whole. */
export function wrongField(path: readonly string[], input: unknown, expected: string): FieldError {
  const param = withoutPeople(path.join('.').slice(0, NAME_MAX))
  const sent = sentAt(input, path)
  const message = param === '' ? 'This is no JSON object.' : sent === '' ? `${param} is missing or empty.` : `${param} is not right.`
  return { param, code: 'invalid', sent, expected, message }
}

/** What was sent under a path, as text without people; '' when nothing was. */
function sentAt(input: unknown, path: readonly string[]): string {
  let value = input
  for (const step of path)
    value = typeof value === 'object' && value !== null && Object.hasOwn(value, step) ? (value as Record<string, unknown>)[step] : undefined
  if (value === undefined) return ''
  return value === null ? 'null' : textOf(keepableJson(path.at(-1) ?? '', value as Json)).slice(0, SENT_MAX) // it came as JSON
}
