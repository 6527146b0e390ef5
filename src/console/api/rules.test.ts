import { afterEach, beforeEach, expect, test } from 'vitest'
import { openConsole } from '../../../test/support/console-in-memory.ts'

const META = { platform: 'meta', name: 'Pixel', settings: { pixel_id: '1234567890' }, credentials: { access_token: 'EAAB-very-secret' } }
let at: Awaited<ReturnType<typeof openConsole>>
let call: (method: string, path: string, body?: unknown) => ReturnType<typeof at.call>
let destination: string
beforeEach(async () => {
  at = await openConsole()
  const { api_key: key } = await at.createWorkspace()
  call = (method, to, body) => at.call(method, `/api/v1/${to}`, { key, ...(body !== undefined && { body }) })
  destination = (await call('POST', 'destinations', META)).body.id
})
afterEach(() => at.end())

const rule = (when: object, destination_ids: string[] = []) => call('POST', 'rules', { name: 'r', when, destination_ids })

test.each([
  { when: { event: ['Nope'] }, param: 'when.event.0' },
  { when: { event: ['Purchase', 'Custom_'] }, param: 'when.event.1' },
  { when: { conversion_status: ['sale'] }, param: 'when.conversion_status.0' },
  { when: { platform: ['myspace'] }, param: 'when.platform.0' },
  { when: { tracker: ['excel'] }, param: 'when.tracker.0' },
  { when: { source_id: ['sdoesnotexist'] }, param: 'when.source_id' },
  { when: { country: ['XX'] }, param: 'when.country.0' },
  { when: { country: [] }, param: 'when.country' },
])('a condition that no conversion can meet is refused: $when', async ({ when, param }) => {
  expect(await rule(when)).toMatchObject({ status: 422, body: { errors: [{ param, expected: expect.any(String) }] } })
  const { body } = await rule({})
  expect(await call('PATCH', `rules/${body.id}`, { when })).toMatchObject({ status: 422, body: { errors: [{ param }] } })
})

test('words of another spelling are stored as conversions carry them, each once', async () => {
  const { status, body } = await rule({ event: ['sale', 'PURCHASE', 'custom_Quiz', 'install'], country: ['de', 'DE'] })
  expect(status).toBe(201)
  expect(body.when).toEqual({ event: ['Purchase', 'Custom_Quiz', 'App_Install'], country: ['DE'] })
})

test('a condition on a source of the workspace is taken', async () => {
  const { body: source } = await call('POST', 'sources', { kind: 'tracker', tracker: 'voluum', name: 'Main' })
  const when = { source_id: [source.id], tracker: ['voluum'], platform: ['meta'], conversion_status: ['approved'], campaign_id: ['c1'] }
  expect((await rule(when, [destination])).body.when).toEqual(when)
})

test('no rule leads to one destination twice', async () => {
  expect(await rule({}, [destination, destination])).toMatchObject({
    status: 422,
    body: { errors: [{ param: 'destination_ids.1', sent: destination }] },
  })
})
