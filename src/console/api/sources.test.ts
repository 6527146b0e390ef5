import { afterEach, beforeEach, expect, test } from 'vitest'
import { openConsole } from '../../../test/support/console-in-memory.ts'

let at: Awaited<ReturnType<typeof openConsole>>
let call: (method: string, path: string, body?: unknown) => ReturnType<typeof at.call>
let path: string
beforeEach(async () => {
  at = await openConsole()
  const { api_key: key } = await at.createWorkspace()
  call = (method, to, body) => at.call(method, `/api/v1/${to}`, { key, ...(body !== undefined && { body }) })
  path = `sources/${(await call('POST', 'sources', { kind: 'tracker', tracker: 'keitaro', name: 'Main' })).body.id}`
})
afterEach(() => at.end())

test('an overlap of part of a day ends at a whole millisecond', async () => {
  const { status, body } = await call('POST', `${path}/rotate`, { overlap_days: 0.123456789 })
  expect(status).toBe(200)
  const [old] = body.key_versions
  const wholeMs = Date.parse(old.retires_at) - Date.parse(body.key_versions[1].created_at)
  expect([old.state, wholeMs]).toEqual(['retiring', 10_666_667])
})
