import type { JsonObject } from '../../api/openapi/document.ts'
import { escaped } from '../page/shell.ts'
import { schemaRows } from './schema-rows.ts'

type Shown = { readonly summary: string; readonly value: unknown }
type Content = Readonly<Record<string, { readonly schema?: JsonObject; readonly examples?: Readonly<Record<string, Shown>> }>>
type Described = {
  readonly operationId: string
  readonly tags: readonly string[]
  readonly summary: string
  readonly description?: string
  readonly security: readonly JsonObject[]
  readonly parameters: readonly {
    readonly name: string
    readonly in: string
    readonly required: boolean
    readonly description?: string
    readonly schema: JsonObject
    readonly examples?: Readonly<Record<string, Shown>>
  }[]
  readonly requestBody?: { readonly content: Content }
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content?: Content }>>
}
type Document = {
  readonly info: { readonly title: string; readonly description: string }
  readonly servers: readonly [{ readonly url: string }]
  readonly tags: readonly { readonly name: string }[]
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>
}

/** OpenAPI documents as one page to read: no script, nothing from elsewhere. */
export function docsPage(documents: readonly { readonly document: JsonObject; readonly json: string }[]): string {
  const all = documents.map(({ document, json }) => ({ document: document as unknown as Document, json })) // made by openApiDocument
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>API · Postback</title>
<link rel="stylesheet" href="/docs/style.css">
</head>
<body>
<nav aria-label="Operations">${all.map(({ document }) => menu(document)).join('')}</nav>
<main>${all.map(({ document, json }) => section(document, json)).join('')}</main>
</body>
</html>
`
}

type Listed = { readonly path: string; readonly method: string; readonly operation: Described }
const operationsOf = ({ paths }: Document, tag: string): Listed[] =>
  Object.entries(paths)
    .flatMap(([path, methods]) => Object.entries(methods).map(([method, operation]) => ({ path, method, operation })))
    .filter(({ operation }) => operation.tags.includes(tag))

const anchor = (document: Document, { operationId }: Described): string =>
  `${document.servers[0].url === '/' ? 'console' : 'door'}-${operationId}`

function menu(document: Document): string {
  const groups = document.tags.map(({ name }) => {
    const links = operationsOf(document, name).map(
      ({ operation }) => `<li><a href="#${anchor(document, operation)}">${escaped(operation.summary)}</a></li>`,
    )
    return `<h3>${escaped(name)}</h3><ul>${links.join('')}</ul>`
  })
  return `<h2>${escaped(document.info.title)}</h2>${groups.join('')}`
}

function section(document: Document, json: string): string {
  const groups = document.tags.map(({ name }) => {
    const operations = operationsOf(document, name).map((one) => article(document, one))
    return `<h2>${escaped(name)}</h2>${operations.join('')}`
  })
  const { title, description } = document.info
  return `<header><h1>${escaped(title)}</h1><p>${escaped(description)}</p><p><a href="${escaped(json)}">The document as OpenAPI 3.1</a></p></header>${groups.join('')}`
}

function article(document: Document, { path, method, operation }: Listed): string {
  const { summary, description, security, parameters, requestBody, responses } = operation
  const key =
    security.length === 0
      ? ''
      : `<p class="key">Needs ${escaped(security.map((one) => Object.keys(one).join(' and ').replaceAll('_', ' ')).join(', or '))}.</p>`
  return `<article id="${anchor(document, operation)}">
<h3>${escaped(summary)}</h3>
<p class="call"><b>${escaped(method.toUpperCase())}</b> <code>${escaped(path)}</code></p>
${description === undefined ? '' : `<p>${escaped(description)}</p>`}${key}
${parameters.length === 0 ? '' : `<h4>Parameters</h4><table>${parameters.map(parameterRow).join('')}</table>`}
${requestBody === undefined ? '' : `<h4>Body</h4>${contents(requestBody.content)}`}
<h4>Answers</h4>${Object.entries(responses)
    .map(
      ([status, { description: told, content }]) =>
        `<details><summary><b>${status}</b> ${escaped(told)}</summary>${contents(content ?? {})}</details>`,
    )
    .join('')}
</article>`
}

function parameterRow({ name, in: where, required, description = '', schema, examples = {} }: Described['parameters'][number]): string {
  const [first] = Object.values(examples)
  const example = first === undefined ? '' : ` <span class="example">Such as <code>${escaped(String(first.value))}</code></span>`
  const words = [where, required ? 'required' : '', Array.isArray(schema.enum) ? schema.enum.join(' | ') : '']
    .filter((word) => word !== '')
    .join(', ')
  return `<tr><th><code>${escaped(name)}</code></th><td><span class="type">${escaped(words)}</span> ${escaped(description)}${example}</td></tr>`
}

function contents(content: Content): string {
  return Object.entries(content)
    .map(([type, { schema, examples = {} }]) => {
      const rows = schema === undefined ? '' : schemaRows(schema)
      const shown = Object.values(examples).map(
        ({ summary, value }) => `<figure><figcaption>${escaped(summary)}</figcaption><pre>${escaped(textOf(value))}</pre></figure>`,
      )
      return `<p class="type">${escaped(type)}</p>${rows === '' ? '' : `<table>${rows}</table>`}${shown.join('')}`
    })
    .join('')
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value, null, 2))
