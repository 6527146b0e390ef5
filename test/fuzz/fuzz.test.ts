import { readFileSync } from 'node:fs'
import { beforeAll, expect, inject, test } from 'vitest'
import type { Stack } from '../../src/local/stack-file.ts'
import { placesFor } from '../support/replay-places.ts'
import { settled } from '../support/run-through.ts'
import { type Fuzzing, fuzz, installSchemathesis } from './schemathesis.ts'

const stack = inject('stack') as Stack
const stackFile = inject('stackFile') as string
const seed = Number(process.env.FUZZ_SEED ?? 20_261_126)
const examples = Number(process.env.FUZZ_EXAMPLES ?? 12)
/** Of one service; a command may ask for thousands. */
const WITHIN_MS = 480_000 + examples * 20_000
const SHOWN = 12_000

let command: string
let given: Awaited<ReturnType<typeof placesFor>>
beforeAll(async () => {
  command = installSchemathesis()
  given = await placesFor(stack.console_url, stack.operator_api_key)
  const headers = { authorization: `Bearer ${given.workspaceKey}` }
  const config = async () => (await fetch(`${stack.edge_url}/api/v1/postback/config`, { headers })).status
  expect(await settled(config, (status) => status === 200, 10_000)).toBe(200)
})

const of = (name: string): string => given.places[name] ?? ''
function fuzzingOf(service: 'edge' | 'console'): Fuzzing {
  const auth = { api_key: given.workspaceKey, operator_key: stack.operator_api_key }
  if (service === 'edge') {
    const clickKey = { key: of('click_key') }
    return {
      ...{ url: stack.edge_url, seed, examples, auth, parameters: { key: of('key'), click_key: of('click_key') } },
      under: [{ path: '^(/pixel.js|/api/v1/clicks/pixel)$', parameters: clickKey }],
    }
  }
  const ids = { sources: of('source_id'), destinations: of('destination_id'), rules: of('rule_id'), 'api-keys': of('api_key_id') }
  const under = Object.entries(ids).map(([path, id]) => ({ path: `^/api/v1/${path}/[{]id[}]`, parameters: { id } }))
  return { url: stack.console_url, seed, examples, auth, parameters: {}, under }
}

test.each(['edge', 'console'] as const)(
  'no-request-breaks-the-door: the %s answers whatever its own document makes of requests as the document says',
  async (service) => {
    const { code, text } = await fuzz(command, fuzzingOf(service))
    console.log(`${service}, seed ${seed}, ${examples} examples: ${/\d+ generated[^\n]*/.exec(text)?.[0] ?? text.slice(-300)}`)
    expect(code, text.slice(-SHOWN)).toBe(0)
    const { pids } = JSON.parse(readFileSync(stackFile, 'utf8')) as Stack
    expect(pids[service], 'no process has ended').toEqual(stack.pids[service])
  },
  WITHIN_MS,
)
