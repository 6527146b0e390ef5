import { expect } from 'vitest'
import { z } from 'zod'
import type { JsonObject } from '../../src/api/openapi/document.ts'

type Shown = { readonly examples?: Readonly<Record<string, { readonly value: unknown }>>; readonly schema?: JsonObject }
type Parameter = Shown & { readonly name: string; readonly in: 'path' | 'query' | 'header'; readonly required: boolean }
type Content = Readonly<Record<string, Shown>>
type Described = {
  readonly operationId: string
  readonly security: readonly Readonly<Record<string, unknown>>[]
  readonly parameters: readonly Parameter[]
  readonly requestBody?: { readonly content: Content }
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>
  readonly 'x-examples': Readonly<Record<string, { readonly status: number }>>
}
export type Document = {
  readonly paths: Record<string, Record<string, Described>>
  readonly components: { readonly schemas: { Problem: JsonObject } }
}

export type ReplayWith = {
  readonly url: string
  /** What stands in braces in the examples, by name. */
  readonly places: Readonly<Record<string, string>>
  /** Headers by security scheme. */
  readonly auth: Readonly<Record<string, Readonly<Record<string, string>>>>
}

/** Every example of a document, in its order. */
export const examplesIn = (document: Document): { operation: string; example: string }[] =>
  Object.values(document.paths)
    .flatMap((path) => Object.values(path))
    .flatMap(({ operationId, ...rest }) => Object.keys(rest['x-examples']).map((example) => ({ operation: operationId, example })))

/** Sends an example as the document has it, and expects the answer that the document promises. Answers the body. */
export async function replay(
  document: Document,
  operationId: string,
  example: string,
  { url, places, auth }: ReplayWith,
): Promise<unknown> {
  const [path, method, described] = find(document, operationId)
  const told = described['x-examples'][example]
  if (told === undefined) throw new Error(`${operationId} has no example ${example}`)
  const fill = (text: string): string => text.replaceAll(/\{(\w+)\}/g, (all, name: string) => places[name] ?? all)
  const values = described.parameters.flatMap(({ name, in: where, examples }) => {
    const value = examples?.[example]?.value
    return value === undefined ? [] : [{ name, where, value: fill(String(value)) }]
  })
  const query = new URLSearchParams(values.filter(({ where }) => where === 'query').map(({ name, value }) => [name, value]))
  const filled = values
    .filter(({ where }) => where === 'path')
    .reduce((text, { name, value }) => text.replace(`{${name}}`, encodeURIComponent(value)), path)
  expect(filled, 'every place of the path has an example').not.toMatch(/[{}]/)
  const [type, body] = bodyOf(described, example) ?? []
  const wanted = type === undefined ? undefined : described.requestBody?.content[type]?.schema
  if (wanted !== undefined && told.status < 300) expect(misfits(document, wanted, body), 'the body is one its schema takes').toEqual([])
  const scheme = Object.keys(described.security[0] ?? {})[0]
  const response = await fetch(`${url}${filled}${query.size === 0 ? '' : `?${query}`}`, {
    method: method.toUpperCase(),
    redirect: 'manual',
    headers: {
      ...(type === undefined ? {} : { 'content-type': type }),
      ...(scheme === undefined ? {} : auth[scheme]),
      ...Object.fromEntries(values.filter((one) => one.where === 'header').map(({ name, value }) => [name, value])),
    },
    ...(body === undefined ? {} : { body: fill(textOf(type, body)) }),
  })
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') === true
  const text = isStream ? '' : await response.text()
  if (isStream) await response.body?.cancel()
  expect(response.status, text).toBe(told.status)
  const promised = described.responses[String(told.status)]?.content
  const got = response.headers.get('content-type')?.split(';')[0] ?? ''
  if (promised === undefined) {
    expect(text).toBe('')
    return undefined
  }
  expect(Object.keys(promised)).toContain(got)
  if (!got.endsWith('json')) return text
  const answer = JSON.parse(text) as unknown
  const { schema, examples } = promised[got] ?? {}
  if (schema !== undefined) expect(misfits(document, schema, answer), text).toEqual([])
  const shown = examples?.[example]?.value
  if (shown !== undefined) expect(answer).toMatchObject(JSON.parse(fill(JSON.stringify(shown))))
  return answer
}

/** What of a value its schema refuses. Of what the document defines apart only problems are looked into. */
function misfits(document: Document, schema: JsonObject, value: unknown): unknown[] {
  const { Problem } = document.components.schemas
  const text = JSON.stringify(schema).replaceAll('{"$ref":"#/components/schemas/Problem"}', JSON.stringify(Problem))
  const whole = JSON.parse(text.replaceAll(/\{"\$ref":"[^"]+"\}/g, '{}')) as never
  return z.fromJSONSchema(whole).safeParse(value).error?.issues ?? []
}

const textOf = (type: string | undefined, body: unknown): string =>
  typeof body === 'string'
    ? body
    : type?.includes('urlencoded')
      ? String(new URLSearchParams(body as Record<string, string>))
      : JSON.stringify(body)

function find(document: Document, operationId: string): [path: string, method: string, described: Described] {
  for (const [path, methods] of Object.entries(document.paths))
    for (const [method, described] of Object.entries(methods)) if (described.operationId === operationId) return [path, method, described]
  throw new Error(`the document has no operation ${operationId}`)
}

function bodyOf({ requestBody }: Described, example: string): [type: string, body: unknown] | undefined {
  for (const [type, { examples }] of Object.entries(requestBody?.content ?? {})) {
    const value = examples?.[example]?.value
    if (value !== undefined) return [type, value]
  }
  return undefined
}
