import { afterEach, beforeEach, expect, test } from 'vitest'
import { openConsole } from '../../test/support/console-in-memory.ts'

let at: Awaited<ReturnType<typeof openConsole>>
let ws: Awaited<ReturnType<typeof at.createWorkspace>>
beforeEach(async () => {
  at = await openConsole()
  ws = await at.createWorkspace()
})
afterEach(() => at.end())

const SOURCE = { kind: 'tracker', tracker: 'keitaro', name: 'Main' }

test('a session opens the page, and its end closes it', async () => {
  expect((await at.call('GET', '/connect/postback')).headers.get('location')).toBe('/sign-in')
  const cookie = await at.signIn(ws)
  const page = await at.call('GET', '/connect/postback', { cookie })
  expect(page.headers.get('content-security-policy')).toContain("script-src 'self';")
  expect(page.text).not.toMatch(/<script(?![^>]*\ssrc=)/)
  expect(page.text).not.toMatch(/\sstyle=|\son[a-z]+=/)
  expect((await at.call('GET', '/api/v1/session', { cookie })).body).toMatchObject({
    email: ws.admin_email,
    role: 'owner',
    workspace: { id: ws.id },
  })
  expect((await at.call('DELETE', '/api/v1/session', { cookie })).status).toBe(204)
  expect((await at.call('GET', '/api/v1/session', { cookie })).status).toBe(401)
  expect((await at.call('GET', '/connect/postback', { cookie })).status).toBe(302)
})

test('a session in use does not fall asleep', async () => {
  const cookie = await at.signIn(ws)
  const ask = () => at.call('GET', '/api/v1/session', { cookie })
  for (let n = 0; n < 3; n += 1) {
    at.clock.offsetMs += 11 * 3_600_000
    expect((await ask()).status).toBe(200)
  }
  at.clock.offsetMs += 12 * 3_600_000
  expect((await ask()).status).toBe(401)
})

test('everything the page loads is there and may be kept', async () => {
  const { text } = await at.call('GET', '/sign-in')
  const paths = [...text.matchAll(/(?:href|src)="(\/assets\/[^"]+)"/g)].map(([, path = '']) => path)
  expect(paths.length).toBeGreaterThan(10)
  for (const path of paths) {
    const { status, headers, text: code } = await at.call('GET', path)
    expect(status, path).toBe(200)
    expect(headers.get('cache-control')).toContain('immutable')
    if (!path.endsWith('.ts')) continue
    for (const [, specifier = ''] of code.matchAll(/from\s+'([^']+)'/g)) {
      expect((await at.call('GET', new URL(specifier, at.url + path).pathname)).status, `${path} imports ${specifier}`).toBe(200)
    }
  }
  expect((await at.call('GET', '/assets/other/style.css')).status).toBe(404)
})

test.each([
  { name: 'a form of another site', headers: { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }, status: 403 },
  { name: 'a sister site', headers: { 'sec-fetch-site': 'same-site' }, status: 403 },
  { name: 'a form post', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'name=x', status: 400 },
])('a session is no use to $name', async ({ headers, body, status }) => {
  const cookie = await at.signIn(ws)
  const answer = await at.call('POST', '/api/v1/sources', { cookie, headers: headers as Record<string, string>, body: body ?? SOURCE })
  expect(answer.status).toBe(status)
  expect((await at.call('GET', '/api/v1/sources', { cookie })).body.items).toEqual([])
})

test('signing in has one answer for whatever is wrong, and slows down', async () => {
  const attempt = (email: string) => at.call('POST', '/api/v1/session', { body: { email, password: 'wrong' } })
  const [unknown, wrong] = [await attempt('nobody@example.com'), await attempt(ws.admin_email)]
  expect(unknown.status).toBe(401)
  expect(unknown.text).toBe(wrong.text)
  for (let n = 0; n < 5; n += 1) await attempt(ws.admin_email)
  const slowed = await at.call('POST', '/api/v1/session', { body: { email: ws.admin_email, password: ws.admin_password } })
  expect(slowed).toMatchObject({ status: 429, body: { code: 'rate_limited' } })
  expect(Number(slowed.headers.get('retry-after'))).toBeGreaterThan(0)
})
