import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Document, examplesIn, replay } from '../../test/support/replay.ts'
import { edgeDocument } from '../api/openapi/edge-operations.ts'
import { API_KEYS, clickKey, key, startEdge } from './edge-double.ts'

const document = edgeDocument('https://edge.test') as unknown as Document
let edge: Awaited<ReturnType<typeof startEdge>>
beforeAll(async () => {
  edge = await startEdge()
})
afterAll(() => edge.close())

/** `/postback/test` is a double here; the whole of it is replayed on the real stack. */
const cases = examplesIn(document).filter(({ operation }) => operation !== 'test')
test.each(cases)('the example $example of $operation gets the answer it shows', async ({ operation, example }) => {
  const places = { key: key('tracker'), backend_key: key('backend'), click_key: clickKey('tracker') }
  await replay(document, operation, example, { url: edge.url, places, auth: { api_key: { authorization: `Bearer ${API_KEYS.editor}` } } })
})

test('an example that is not as the edge answers is found out', async () => {
  const changed = (find: string, by: string) => JSON.parse(JSON.stringify(document).replaceAll(find, by)) as Document
  const places = { key: key('tracker'), backend_key: key('backend') }
  const once = (one: Document) => replay(one, 'receiveByGet', 'purchase', { url: edge.url, places, auth: {} })
  await once(document)
  for (const wrong of [
    changed('"durability":"kafka"', '"durability":"spool"'),
    changed('"postback_id"', '"postback"'),
    changed('"status":200', '"status":201'),
  ])
    await expect(once(wrong)).rejects.toThrow()
})

test('each operation has an example and an id of its own', () => {
  const operations = Object.values(document.paths).flatMap((path) => Object.values(path))
  expect(operations.filter((one) => Object.keys(one['x-examples']).length === 0)).toEqual([])
  expect(new Set(operations.map((one) => one.operationId)).size).toBe(operations.length)
})

test('what is served is the document', async () => {
  expect(await (await fetch(`${edge.url}/openapi.json`)).json()).toEqual(JSON.parse(JSON.stringify(document)))
})
