import { Validator } from '@seriousme/openapi-schema-validator'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { OPERATOR_KEY, openConsole } from '../../../test/support/console-in-memory.ts'
import type { Document } from '../../../test/support/replay.ts'
import { edgeDocument } from '../../api/openapi/edge-operations.ts'
import { consoleDocument, consoleOperations } from './operations.ts'

let at: Awaited<ReturnType<typeof openConsole>>
beforeAll(async () => {
  at = await openConsole()
})
afterAll(() => at.end())

test.each([
  ['the console', consoleDocument()],
  ['the edge', edgeDocument('https://edge.example')],
])('the document of %s is OpenAPI 3.1 by the schema of its authors', async (_, document) => {
  const validator = new Validator()
  const { valid, errors } = await validator.validate(JSON.parse(JSON.stringify(document)))
  expect(errors ?? []).toEqual([])
  expect([valid, validator.version]).toEqual([true, '3.1'])
})

test('no route of the API is without its description, and nothing is described that is not there', () => {
  const described = consoleOperations
    .filter(({ path }) => path.startsWith('/api/'))
    .map(({ method, path }) => `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`)
  expect(described.toSorted()).toEqual([...at.routes].toSorted())
})

test('every operation has an example', () => {
  const { paths } = consoleDocument() as unknown as Document
  const operations = Object.values(paths).flatMap((path) => Object.values(path))
  expect(operations.filter((one) => Object.keys(one['x-examples']).length === 0)).toEqual([])
})

test('the page has every operation of both services, runs no script, and needs no sign-in', async () => {
  const { status, text, headers } = await at.call('GET', '/docs', { key: OPERATOR_KEY })
  expect([status, headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
  expect(headers.get('content-security-policy')).toContain("script-src 'self'")
  expect(text).not.toMatch(/<script|style=|undefined|\[object/)
  for (const { summary, path } of consoleOperations) {
    expect(text).toContain(summary.replaceAll("'", '&#39;'))
    expect(text).toContain(`<code>${path}</code>`)
  }
  for (const part of ['/api/v1/postback/conversions/batch', 'webhook-signature', 'Receive a conversion from a tracker'])
    expect(text).toContain(part)
  expect((await at.call('GET', '/docs/style.css')).status).toBe(200)
})
