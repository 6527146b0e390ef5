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

test('a deleted source says so in lists and is changed no more', async () => {
  const shown = async () => (await call('GET', 'sources')).body.items[0]
  expect(await shown()).toMatchObject({ revoked: false, key: expect.any(String) })
  expect((await call('DELETE', path)).status).toBe(204)
  const deleted = await shown()
  expect(deleted).toMatchObject({ revoked: true, key: null, click_key: null, postback_url: null })
  for (const [method, to, body] of [
    ['PATCH', path, { name: 'ghost' }],
    ['POST', `${path}/rotate`, {}],
  ] as const) {
    expect(await call(method, to, body), method).toMatchObject({
      status: 409,
      body: { code: 'conflict', detail: expect.stringContaining('revoked') },
    })
  }
  expect(await shown()).toEqual(deleted)
  expect((await call('DELETE', path)).status).toBe(204)
})

test('a source that lost one version of two to revocation goes on', async () => {
  await call('POST', `${path}/rotate`, {})
  expect((await call('POST', `${path}/revoke`, { version: 1 })).body.revoked).toBe(false)
  expect((await call('PATCH', path, { name: 'Still here' })).body.name).toBe('Still here')
})

test('what-still-works-gets-the-overlap: after the newest version was revoked, rotating leaves the one before it its time', async () => {
  await call('POST', `${path}/rotate`, { overlap_days: 7 })
  await call('POST', `${path}/revoke`, { version: 2 })
  const { body } = await call('POST', `${path}/rotate`, { overlap_days: 1 })
  const states = body.key_versions.map(({ version, state }: { version: number; state: string }) => `${version} ${state}`)
  expect(states).toEqual(['1 retiring', '2 revoked', '3 live'])
})

test('a backend has a secret to sign with, which rotates with its key, and can be made to sign', async () => {
  const made = await call('POST', 'sources', { kind: 'backend', tracker: 'generic', name: 'Shop', require_signature: true })
  expect(made).toMatchObject({
    status: 201,
    body: { require_signature: true, signing_secret: expect.stringMatching(/^whsec_[\w+/]{43}=$/) },
  })
  const rotated = await call('POST', `sources/${made.body.id}/rotate`, {})
  expect(rotated.body.signing_secret).toMatch(/^whsec_/)
  expect(rotated.body.signing_secret).not.toBe(made.body.signing_secret)
  expect(JSON.stringify(at.records)).not.toContain('whsec_')
  expect((await call('PATCH', `sources/${made.body.id}`, { require_signature: false })).body.require_signature).toBe(false)
})

test('a tracker cannot sign: it has no secret, and must not be asked to', async () => {
  expect((await call('GET', path)).body).toMatchObject({ signing_secret: null, require_signature: false })
  const wrong = {
    status: 422,
    body: { errors: [{ param: 'require_signature', sent: 'true', expected: expect.stringContaining('backend') }] },
  }
  expect(await call('PATCH', path, { require_signature: true })).toMatchObject(wrong)
  const backend = (await call('POST', 'sources', { kind: 'backend', tracker: 'generic', name: 'Shop', require_signature: true })).body.id
  expect(await call('PATCH', `sources/${backend}`, { kind: 'tracker' })).toMatchObject(wrong)
})
