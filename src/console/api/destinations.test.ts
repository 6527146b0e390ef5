import { afterEach, beforeEach, expect, test } from 'vitest'
import { openConsole } from '../../../test/support/console-in-memory.ts'

let at: Awaited<ReturnType<typeof openConsole>>
let post: (body: unknown) => ReturnType<typeof at.call>
beforeEach(async () => {
  at = await openConsole()
  const { api_key: key } = await at.createWorkspace()
  post = (body) => at.call('POST', '/api/v1/destinations', { key, body })
})
afterEach(() => at.end())

const SECRET = 'EAABsecretsecret'
const META = { platform: 'meta', name: 'Pixel', settings: { pixel_id: '1234567890' }, credentials: { access_token: SECRET } }
const GOOGLE = { platform: 'google', name: 'Ads', credentials: { client_id: 'c', client_secret: 's', refresh_token: 'r' } }

test.each([
  { name: 'in a field nobody knows', body: { ...META, settings: { pixel_id: '1234567890', access: SECRET } } },
  { name: 'in place of the pixel', body: { ...META, settings: { pixel_id: SECRET } } },
  { name: 'in place of the settings', body: { ...META, settings: SECRET } },
  { name: 'in place of the credentials', body: { ...META, credentials: SECRET } },
  { name: 'as another field of the credentials', body: { ...META, credentials: { access_token: '', other: SECRET } } },
  { name: 'in an object in place of the name', body: { ...META, name: { credentials: SECRET } } },
  { name: 'in a list of destinations', body: [META] },
  { name: 'as the whole body', body: JSON.stringify(SECRET) },
])('a token $name is not repeated in the answer', async ({ body }) => {
  const answer = await post(body)
  expect(answer.status).toBe(422)
  expect(answer.text).not.toContain(SECRET)
})

test.each([
  { body: { ...META, settings: { pixel_id: 'abc' } }, param: 'settings.pixel_id', expected: '5 to 20 digits, as Events Manager shows it' },
  {
    body: { ...META, platform: 'tiktok', settings: { pixel_code: 'abc' } },
    param: 'settings.pixel_code',
    expected: '10 to 40 letters and digits, as Events Manager shows it',
  },
  {
    body: { ...GOOGLE, settings: { operating_account_id: 'x', conversion_actions: {} } },
    param: 'settings.operating_account_id',
    expected: '5 to 12 digits, with or without dashes, as Google Ads shows it',
  },
  {
    body: { ...GOOGLE, settings: { operating_account_id: '123-456-7890', conversion_actions: { Purchase: 'buy' } } },
    param: 'settings.conversion_actions.Purchase',
    expected: 'the numeric id of a conversion action, at most 20 digits',
  },
  { body: { ...META, name: '' }, param: 'name', expected: 'at least 1 character' },
  { body: { ...META, sandbox: 'yes' }, param: 'sandbox', expected: 'true or false' },
  { body: { ...META, credentials: {} }, param: 'credentials.access_token', expected: 'text; it is missing' },
  { body: { ...META, platform: 'myspace' }, param: 'platform', expected: 'one of meta, google, tiktok' },
])('$param is told in plain words: $expected', async ({ body, param, expected }) => {
  expect((await post(body)).body.errors).toEqual([expect.objectContaining({ param, expected })])
})

test('an event that is none is told by its own word', async () => {
  expect((await post({ ...META, event_map: { Buy: 'x' } })).body.errors).toEqual([
    { param: 'event_map.Buy', sent: 'Buy', expected: 'a standard event such as Purchase, or Custom_<name>' },
  ])
})
