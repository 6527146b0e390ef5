import type { z } from 'zod'

const KINDS: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  tuple: 'a list',
  object: 'an object',
  record: 'an object',
  null: 'null',
}
const UNITS: Readonly<Record<string, readonly [one: string, many: string]>> = {
  string: [' character', ' characters'],
  array: [' entry', ' entries'],
}

/** What would have been right, in plain words. An error map of zod: `schema.safeParse(value, {error: expectedOf})`; words that a
 *  schema has of its own go before these. */
export function expectedOf(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return `${KINDS[issue.expected] ?? issue.expected}${issue.input === undefined ? '; it is missing' : ''}`
    case 'too_small':
      return bound(issue.inclusive === false ? 'more than' : 'at least', issue.minimum, issue.origin)
    case 'too_big':
      return bound(issue.inclusive === false ? 'less than' : 'at most', issue.maximum, issue.origin)
    case 'invalid_value':
      return issue.values.length === 1 ? String(issue.values[0]) : `one of ${issue.values.map(String).join(', ')}`
    case 'unrecognized_keys':
      return 'no such property'
    case 'invalid_union': {
      const words = issue.errors.flatMap((branch) => branch.map(({ message }) => message))
      return [...new Set(words)].join(', or ') || undefined
    }
    case 'invalid_key':
    case 'invalid_element':
      return issue.issues[0]?.message
    default:
      return 'a value of another form'
  }
}

function bound(words: string, limit: number | bigint, origin: string): string {
  const unit = UNITS[origin]?.[limit === 1 ? 0 : 1] ?? ''
  return `${words} ${limit}${unit}`
}
