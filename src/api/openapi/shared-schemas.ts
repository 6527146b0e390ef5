import type { JsonObject } from './document.ts'

type Defs = Readonly<Record<string, JsonObject>>

/** Takes the definitions that a schema brings along into `shared`: a reference is read from the root of the document, where
 *  those of a schema inside of it are not. Equal ones become one. */
export function hoisted(value: unknown, shared: Map<string, { readonly name: string; readonly schema: unknown }>): unknown {
  if (Array.isArray(value)) return value.map((entry) => hoisted(entry, shared))
  if (typeof value !== 'object' || value === null) return value
  const { $defs, ...rest } = value as JsonObject & { readonly $defs?: Defs }
  let text = JSON.stringify(rest)
  for (const [name, schema] of Object.entries($defs ?? {})) text = text.replaceAll(`"#/$defs/${name}"`, `"${refTo(name, schema, shared)}"`)
  const inner = $defs === undefined ? rest : (JSON.parse(text) as JsonObject)
  return Object.fromEntries(Object.entries(inner).map(([key, entry]) => [key, hoisted(entry, shared)]))
}

function refTo(name: string, schema: JsonObject, shared: Map<string, { readonly name: string; readonly schema: unknown }>): string {
  const text = JSON.stringify(schema).replaceAll(`#/$defs/${name}`, '#itself')
  const known = shared.get(text)
  // Only what names itself is defined apart, and that is the JSON value.
  const own = known?.name ?? (shared.size === 0 ? 'Json' : `Json${shared.size + 1}`)
  const ref = `#/components/schemas/${own}`
  if (known === undefined) shared.set(text, { name: own, schema: JSON.parse(text.replaceAll('#itself', ref)) })
  return ref
}
