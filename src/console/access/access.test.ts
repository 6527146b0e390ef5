import { expect, test } from 'vitest'
import { sessionCookie, sessionToken } from './cookie.ts'
import { isSameOrigin } from './same-origin.ts'

const token = 'a'.repeat(43)

test.each([
  { name: 'over TLS', isHttps: true, is: `__Host-session=${token}; Path=/; Max-Age=604800; HttpOnly; SameSite=Lax; Secure` },
  { name: 'over plain http', isHttps: false, is: `session=${token}; Path=/; Max-Age=604800; HttpOnly; SameSite=Lax` },
])('the cookie $name', ({ isHttps, is }) => {
  expect(sessionCookie(token, isHttps)).toBe(is)
})

test.each([
  { name: 'among others', cookie: `a=1; session=${token}; b=2`, isHttps: false, found: true },
  { name: 'the plain one over TLS', cookie: `session=${token}`, isHttps: true, found: false },
  { name: 'the bound one over TLS', cookie: `__Host-session=${token}`, isHttps: true, found: true },
  { name: 'of another length', cookie: 'session=short', isHttps: false, found: false },
  { name: 'none', cookie: undefined, isHttps: false, found: false },
])('reads the session: $name', ({ cookie, isHttps, found }) => {
  expect(sessionToken(cookie, isHttps)).toBe(found ? token : undefined)
})

test.each([
  { name: 'the page itself', origin: 'https://c.example', host: 'c.example', fetchSite: 'same-origin', is: true },
  { name: 'a client that is no browser', host: 'c.example', is: true },
  { name: 'another site', origin: 'https://evil.example', host: 'c.example', is: false },
  { name: 'another port of the host', origin: 'http://localhost:1', host: 'localhost:2', is: false },
  { name: 'a sister site, origin left out', host: 'c.example', fetchSite: 'same-site', is: false },
  { name: 'a sandboxed frame', origin: 'null', host: 'c.example', is: false },
])('same origin: $name', ({ name: _, is, ...headers }) => {
  expect(isSameOrigin(headers)).toBe(is)
})
