import { expect, test } from 'vitest'
import { z } from 'zod'
import { expectedOf } from './expected-of.ts'

const text = z.string()
test.each([
  { schema: text, sent: 42, words: 'text' },
  { schema: z.strictObject({ a: text }), sent: {}, words: 'text; it is missing' },
  { schema: z.record(text, z.json()), sent: 'x', words: 'an object' },
  { schema: z.boolean(), sent: 'yes', words: 'true or false' },
  { schema: z.array(text), sent: 'x', words: 'a list' },
  { schema: z.int(), sent: 1.5, words: 'a whole number' },
  { schema: z.int().positive(), sent: 0, words: 'more than 0' },
  { schema: z.number().min(0), sent: -1, words: 'at least 0' },
  { schema: z.number().max(12), sent: 13, words: 'at most 12' },
  { schema: text.min(1), sent: '', words: 'at least 1 character' },
  { schema: text.max(2), sent: 'abc', words: 'at most 2 characters' },
  { schema: z.array(text).max(1), sent: ['a', 'b'], words: 'at most 1 entry' },
  { schema: z.enum(['defer', 'reject']), sent: 'x', words: 'one of defer, reject' },
  { schema: z.literal('a'), sent: 'b', words: 'a' },
  { schema: z.union([text, z.number()]), sent: true, words: 'text, or a number' },
  { schema: z.strictObject({}), sent: { a: 1 }, words: 'no such property' },
  { schema: z.record(text.min(2, 'two letters'), text), sent: { a: 'x' }, words: 'two letters' },
  { schema: text.regex(/^\d$/, 'one digit'), sent: 'x', words: 'one digit' },
  { schema: text.refine(() => false, 'the schema’s own words'), sent: 'x', words: 'the schema’s own words' },
])('instead of $sent: $words', ({ schema, sent, words }) => {
  expect((schema as z.ZodType).safeParse(sent, { error: expectedOf }).error?.issues[0]?.message).toBe(words)
})
