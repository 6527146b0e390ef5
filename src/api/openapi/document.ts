import { z } from 'zod'
import { type ProblemCode, problemBody } from '../answer.ts'
import { type Access, type Example, JSON_TYPE, type Operation } from './operation.ts'
import { hoisted } from './shared-schemas.ts'

export type JsonObject = { [name: string]: unknown }

const PROBLEM_TYPE = 'application/problem+json'
const PROBLEM = { $ref: '#/components/schemas/Problem' }
/** Codes of the console alone, with their status. */
const OWN_STATUS: Readonly<Record<string, number>> = { conflict: 409, rate_limited: 429 }
const BY_ACCESS: Readonly<Record<Access, readonly ProblemCode[]>> = {
  'nobody asks': [],
  'source key': ['key_unknown', 'https_required', 'rate_limited'],
  'click key': ['key_unknown', 'https_required', 'rate_limited'],
  'api key': ['unauthorized', 'forbidden', 'https_required'],
  'operator key': ['unauthorized', 'forbidden', 'https_required'],
  session: ['unauthorized', 'https_required'],
}
const SECURITY: Readonly<Record<Access, readonly JsonObject[]>> = {
  'nobody asks': [],
  'source key': [],
  'click key': [],
  'api key': [{ api_key: [] }, { session: [] }],
  'operator key': [{ operator_key: [] }],
  session: [{ session: [] }],
}

const Problem = z.looseObject({
  type: z.string().describe('urn:postback:problem:<code>'),
  title: z.string(),
  status: z.int(),
  code: z.string().describe('Stable; what a program may act on.'),
  detail: z.string().describe('A sentence for a person.'),
  errors: z
    .array(z.looseObject({ param: z.string(), sent: z.string(), expected: z.string() }))
    .optional()
    .describe('Per field what was sent, never a secret, and what would be right.'),
})

/** An OpenAPI 3.1 document (https://spec.openapis.org/oas/v3.1.1.html) of operations; its schemas come from zod. */
export function openApiDocument(given: {
  readonly title: string
  readonly description: string
  readonly version: string
  readonly url: string
  readonly operations: readonly Operation[]
}): JsonObject {
  const { title, description, version, url, operations } = given
  const paths: Record<string, JsonObject> = {}
  for (const operation of operations) paths[operation.path] = { ...paths[operation.path], [operation.method]: operationObject(operation) }
  const shared = new Map<string, { readonly name: string; readonly schema: unknown }>()
  const hoistedPaths = hoisted(paths, shared)
  const tags = [...new Set(operations.map(({ tag }) => tag))].map((name) => ({ name }))
  return {
    openapi: '3.1.1',
    info: { title, description, version },
    jsonSchemaDialect: 'https://json-schema.org/draft/2020-12/schema',
    servers: [{ url }],
    tags,
    paths: hoistedPaths,
    components: {
      schemas: { Problem: schemaOf(Problem), ...Object.fromEntries([...shared.values()].map(({ name, schema }) => [name, schema])) },
      securitySchemes: {
        api_key: { type: 'http', scheme: 'bearer', description: 'An API key of the workspace.' },
        operator_key: { type: 'http', scheme: 'bearer', description: 'OPERATOR_API_KEY of this installation.' },
        session: { type: 'apiKey', in: 'cookie', name: '__Host-session', description: 'Set by signing in.' },
      },
    },
  }
}

function operationObject(operation: Operation): JsonObject {
  const { id, tag, summary, description, access, body, examples } = operation
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...(description === undefined ? {} : { description }),
    security: SECURITY[access],
    parameters: [...pathParameters(operation), ...fieldParameters(operation, 'query'), ...fieldParameters(operation, 'headers')],
    ...(body === undefined ? {} : { requestBody: { required: true, content: contentOf(body, examples) } }),
    responses: { ...repliesOf(operation), ...problemsOf(operation) },
    'x-examples': Object.fromEntries(Object.entries(examples).map(([name, { status }]) => [name, { status }])),
  }
}

function pathParameters({ path, places = {}, examples }: Operation): JsonObject[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => ({
    ...{ name, in: 'path', required: true, description: places[name] ?? '', schema: { type: 'string' } },
    ...examplesOf(name, examples),
  }))
}

function fieldParameters(operation: Operation, where: 'query' | 'headers'): JsonObject[] {
  return Object.entries(operation[where]?.shape ?? {}).map(([name, field]) => {
    const { description, ...schema } = schemaOf(field as z.ZodType)
    const required = !(field as z.ZodType).safeParse(undefined).success
    const told = { ...(description === undefined ? {} : { description }), schema, ...examplesOf(name, operation.examples) }
    return { name, in: where === 'query' ? 'query' : 'header', required, ...told }
  })
}

function examplesOf(param: string, examples: Operation['examples']): JsonObject {
  const shown = Object.entries(examples).flatMap(([name, { params, headers, summary }]) => {
    const value = params?.[param] ?? headers?.[param]
    return value === undefined ? [] : [[name, { summary, value }] as const]
  })
  return shown.length === 0 ? {} : { examples: Object.fromEntries(shown) }
}

function contentOf(body: NonNullable<Operation['body']>, examples: Operation['examples']): JsonObject {
  return Object.fromEntries(
    Object.entries(body).map(([type, schema]) => {
      const own = Object.entries(examples).filter(([, example]) => example.body !== undefined && (example.type ?? JSON_TYPE) === type)
      const shown = Object.fromEntries(own.map(([name, { summary, body: value }]) => [name, { summary, value }]))
      return [type, { schema: schemaOf(schema), ...(own.length === 0 ? {} : { examples: shown }) }]
    }),
  )
}

function repliesOf({ replies, examples }: Operation): JsonObject {
  return Object.fromEntries(
    Object.entries(replies).map(([status, { description, type, schema, also = [] }]) => {
      if (schema === undefined && type === undefined) return [status, { description }]
      const own = { ...(schema === undefined ? {} : { schema: schemaOf(schema) }), ...answersOf(examples, Number(status)) }
      const content = { [type ?? JSON_TYPE]: own, ...Object.fromEntries(also.map((one) => [one, {}])) }
      return [status, { description, content }]
    }),
  )
}

function problemsOf({ access, problems = [], replies, examples }: Operation): JsonObject {
  const byStatus = new Map<number, string[]>()
  for (const code of new Set([...BY_ACCESS[access], ...problems])) {
    const status = OWN_STATUS[code] ?? Number(problemBody(code as ProblemCode).status)
    byStatus.set(status, [...(byStatus.get(status) ?? []), code])
  }
  return Object.fromEntries(
    [...byStatus]
      .filter(([status]) => !(status in replies))
      .map(([status, codes]) => [
        status,
        { description: codes.join(', '), content: { [PROBLEM_TYPE]: { schema: PROBLEM, ...answersOf(examples, status) } } },
      ]),
  )
}

function answersOf(examples: Operation['examples'], status: number): JsonObject {
  const own = Object.entries(examples).filter(([, example]: [string, Example]) => example.status === status && example.answer !== undefined)
  if (own.length === 0) return {}
  return { examples: Object.fromEntries(own.map(([name, { summary, answer }]) => [name, { summary, value: answer }])) }
}

/** JSON Schema 2020-12 of what comes in; what JSON cannot say is any value. */
function schemaOf(schema: z.ZodType): JsonObject {
  const { $schema: _, '~standard': __, ...rest } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonObject
  return rest
}
