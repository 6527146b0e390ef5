import { z } from 'zod'
import { codeAt } from './ascii.ts'

/** What is wrong with a value, as `<path>: <what would be right>`, without the value; null when nothing is. */
export type ContentCheck = (value: unknown) => string | null

/** Checks what a schema says beyond names and types: formats, closed sets of words, bounds. For values whose shape another schema
 *  (Avro) has proved already; a tenth of what `schema.safeParse` costs. Texts, truths and numbers without bounds are not looked at. */
export function contentCheck(schema: z.ZodType): ContentCheck {
  return build(schema, '') ?? (() => null)
}

/** null: nothing below this can be wrong. */
function build(schema: z.ZodType, path: string): ContentCheck | null {
  if (schema instanceof z.ZodNullable) {
    const inner = build(schema.unwrap() as z.ZodType, path) // what zod wraps is a schema
    return inner === null ? null : (value) => (value === null ? null : inner(value))
  }
  if (schema instanceof z.ZodDefault) {
    const inner = build(schema.unwrap() as z.ZodType, path)
    return inner === null ? null : (value) => (value === undefined ? null : inner(value))
  }
  if (schema instanceof z.ZodObject) return ofObject(schema, path)
  if (schema instanceof z.ZodArray) {
    const item = build(schema.element as z.ZodType, `${path}[]`)
    return item === null ? null : (value) => firstOf(value as unknown[], item)
  }
  if (schema instanceof z.ZodRecord) return ofRecord(schema, path)
  return ofLeaf(schema, path)
}

function ofObject(schema: z.ZodObject, path: string): ContentCheck | null {
  const fields = Object.entries(schema.shape).flatMap(([name, field]) => {
    const check = build(field as z.ZodType, path === '' ? name : `${path}.${name}`)
    return check === null ? [] : [{ name, check }]
  })
  if (fields.length === 0) return null
  return (value) => {
    const object = value as Record<string, unknown>
    for (const { name, check } of fields) {
      const wrong = check(object[name])
      if (wrong !== null) return wrong
    }
    return null
  }
}

/** A key that is refused may be anything, so it is not named. */
function ofRecord(schema: z.ZodRecord, path: string): ContentCheck | null {
  const key = build(schema.keyType as z.ZodType, `${path}, a name in it`)
  const item = build(schema.valueType as z.ZodType, `${path}, a value in it`)
  if (key === null && item === null) return null
  return (value) => {
    for (const [name, one] of Object.entries(value as Record<string, unknown>)) {
      const wrong = key?.(name) ?? item?.(one) ?? null
      if (wrong !== null) return wrong
    }
    return null
  }
}

function ofLeaf(schema: z.ZodType, path: string): ContentCheck | null {
  const isRight = leafTest(schema)
  if (isRight === null) return null
  return (value) => {
    if (isRight(value)) return null
    const { error } = schema.safeParse(value)
    return error === undefined ? null : `${path}: ${error.issues[0]?.message ?? 'not what it should be'}`
  }
}

/** A quick yes for the usual; where it says no, zod has the word. null: any value of the type is right. */
function leafTest(schema: z.ZodType): ((value: unknown) => boolean) | null {
  if (schema instanceof z.ZodEnum) {
    const words = new Set<unknown>(schema.options)
    return (value) => words.has(value)
  }
  if (schema instanceof z.ZodNumber) {
    const least = schema.minValue ?? Number.NEGATIVE_INFINITY
    // Whole numbers below 2^53 is what Avro's long is read as.
    return least > Number.MIN_SAFE_INTEGER ? (value) => (value as number) > least : null
  }
  if (schema instanceof z.ZodBoolean) return null
  if (schema instanceof z.ZodString && (schema.def.checks ?? []).length === 0) return null
  if (schema instanceof z.ZodUUID && !('version' in schema.def) && (schema.def.checks ?? []).length === 0) return isUuid
  const pattern = patternOf(schema)
  if (pattern !== undefined) return (value) => pattern.test(value as string)
  return (value) => schema.safeParse(value).success
}

/** The one pattern that is all that zod asks of a text; undefined where it asks more, or other things. */
function patternOf(schema: z.ZodType): RegExp | undefined {
  const checks = schema.def.checks ?? []
  if (!(schema instanceof z.ZodString) || checks.length !== 1) return undefined
  const def = checks[0]?._zod.def as { format?: string; pattern?: RegExp } | undefined
  return def?.format === 'regex' ? def.pattern : undefined
}

const HEX = Uint8Array.from({ length: 128 }, (_, code) => (/[0-9a-f]/i.test(String.fromCharCode(code)) ? 1 : 0))
const DASH = 0x2d

/** The form of RFC 9562, but for nil and max, which zod takes too. A pattern takes six times as long. */
function isUuid(value: unknown): boolean {
  const text = value as string
  if (text.length !== 36) return false
  for (let at = 0; at < 36; at++) {
    const code = codeAt(text, at)
    const isDash = at === 8 || at === 13 || at === 18 || at === 23
    if (isDash ? code !== DASH : HEX[code] !== 1) return false
  }
  const version = codeAt(text, 14)
  const variant = codeAt(text, 19) | 0x20
  return version >= 0x31 && version <= 0x38 && (variant === 0x38 || variant === 0x39 || variant === 0x61 || variant === 0x62)
}

function firstOf(values: readonly unknown[], check: ContentCheck): string | null {
  for (const value of values) {
    const wrong = check(value)
    if (wrong !== null) return wrong
  }
  return null
}
