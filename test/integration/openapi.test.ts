import { beforeAll, expect, inject, test } from 'vitest'
import { edgeDocument } from '../../src/api/openapi/edge-operations.ts'
import { consoleDocument } from '../../src/console/docs/operations.ts'
import type { Stack } from '../../src/local/stack-file.ts'
import { type Document, examplesIn, type ReplayWith, replay } from '../support/replay.ts'
import { placesFor } from '../support/replay-places.ts'
import { settled } from '../support/run-through.ts'

const stack = inject('stack') as Stack
const DOCUMENTS = {
  edge: edgeDocument('') as unknown as Document,
  console: consoleDocument() as unknown as Document,
} as const
const urls = { edge: stack.edge_url, console: stack.console_url }
let served: Record<keyof typeof DOCUMENTS, Document>
let given: Omit<ReplayWith, 'url'>

beforeAll(async () => {
  const read = async (url: string) => (await (await fetch(`${url}/openapi.json`)).json()) as Document
  served = { edge: await read(stack.edge_url), console: await read(stack.console_url) }
  const { workspaceKey, ...made } = await placesFor(stack.console_url, stack.operator_api_key)
  const headers = { authorization: `Bearer ${workspaceKey}` }
  // The edge hears of the workspace a moment after the console; what it was sent is in ClickHouse a moment after that.
  const config = async () => (await fetch(`${stack.edge_url}/api/v1/postback/config`, { headers })).status
  expect(await settled(config, (status) => status === 200, 10_000)).toBe(200)
  const sent = await fetch(`${stack.edge_url}/api/v1/postback/conversions?key=${made.places.key}&event=Lead&click_id=openapi`)
  const { postback_id } = (await sent.json()) as { postback_id: string }
  const stored = async () => (await fetch(`${stack.console_url}/api/v1/postback/events/${postback_id}`, { headers })).status
  expect(await settled(stored, (status) => status === 200, 30_000)).toBe(200)
  given = { ...made, places: { ...made.places, postback_id } }
})

const cases = (['edge', 'console'] as const).flatMap((service) => examplesIn(DOCUMENTS[service]).map((one) => ({ service, ...one })))

test.each(cases)('$service: the example $example of $operation gets the answer it shows', async ({ service, operation, example }) => {
  await replay(served[service], operation, example, { ...given, url: urls[service] })
})

test('what is served has every example that is replayed here', () => {
  for (const service of ['edge', 'console'] as const) expect(examplesIn(served[service])).toEqual(examplesIn(DOCUMENTS[service]))
})
