import type { JsonObject } from '../../api/openapi/document.ts'
import { escaped } from '../page/shell.ts'

type Schema = JsonObject & {
  readonly type?: string | readonly string[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly items?: Schema
  readonly anyOf?: readonly Schema[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly additionalProperties?: boolean | Schema
  readonly description?: string
  readonly $ref?: string
}

const DEPTH_MAX = 4

/** A schema as rows of a table, one per field, its own fields below it by their path. '' when it has none. */
export const schemaRows = (schema: JsonObject): string => fields(schema as Schema, '', 0).join('')

function fields(schema: Schema, under: string, depth: number): string[] {
  if (depth >= DEPTH_MAX) return []
  const inner = withFields(schema)
  if (inner === undefined) return under === '' ? [row('', schema, false)] : []
  return Object.entries(inner.schema.properties ?? {}).flatMap(([name, one]) => {
    const path = `${under}${inner.suffix}${under === '' && inner.suffix === '' ? '' : '.'}${name}`
    return [row(path, one, inner.schema.required?.includes(name) ?? false), ...fields(one, path, depth + 1)]
  })
}

/** The object in a schema, itself or what its list holds. */
function withFields(schema: Schema): { readonly schema: Schema; readonly suffix: string } | undefined {
  if (schema.properties !== undefined) return { schema, suffix: '' }
  if (schema.items?.properties !== undefined) return { schema: schema.items, suffix: '[]' }
  for (const one of schema.anyOf ?? []) {
    const found = withFields(one)
    if (found !== undefined) return found
  }
  return undefined
}

function row(path: string, schema: Schema, required: boolean): string {
  const words = [typeOf(schema), required ? 'required' : ''].filter((word) => word !== '').join(', ')
  return `<tr><th><code>${escaped(path)}</code></th><td><span class="type">${escaped(words)}</span> ${escaped(schema.description ?? '')}</td></tr>`
}

function typeOf(schema: Schema): string {
  if (schema.$ref !== undefined)
    return (
      schema.$ref
        .split('/')
        .at(-1)
        ?.replace(/^__schema\d+$/, 'any JSON') ?? ''
    )
  if (schema.enum !== undefined) return schema.enum.map(String).join(' | ')
  if (schema.const !== undefined) return String(schema.const)
  if (schema.anyOf !== undefined) return [...new Set(schema.anyOf.map(typeOf))].join(' | ')
  if (schema.type === 'array') return `list of ${schema.items === undefined ? 'anything' : typeOf(schema.items)}`
  if (schema.type === 'object' && typeof schema.additionalProperties === 'object' && schema.properties === undefined)
    return `object of ${typeOf(schema.additionalProperties) || 'anything'}`
  return [schema.type ?? ''].flat().join(' | ')
}
