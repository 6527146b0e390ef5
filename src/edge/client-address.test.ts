import { expect, test } from 'vitest'
import { createClientAddress } from './client-address.ts'

const client = createClientAddress(['127.0.0.1', '10.0.0.0/8', '2001:db8::/32'])

test.each([
  ['a stranger is who he is, whatever he claims', '203.0.113.9', '198.51.100.1', 'https', { ip: '203.0.113.9', isHttps: false }],
  ['our proxy tells the sender', '127.0.0.1', '198.51.100.1', 'https', { ip: '198.51.100.1', isHttps: true }],
  ['a spoofed first entry is not believed', '127.0.0.1', '6.6.6.6, 198.51.100.1', 'https', { ip: '198.51.100.1', isHttps: true }],
  ['a chain of ours is walked', '10.1.2.3', '198.51.100.1, 10.9.9.9', 'https', { ip: '198.51.100.1', isHttps: true }],
  ['the nearest proxy has the last word on TLS', '10.1.2.3', '198.51.100.1', 'https, http', { ip: '198.51.100.1', isHttps: false }],
  ['nothing forwarded', '127.0.0.1', undefined, undefined, { ip: '127.0.0.1', isHttps: false }],
  ['garbage ends the walk', '127.0.0.1', '198.51.100.1, unknown', 'https', { ip: '127.0.0.1', isHttps: true }],
  ['mapped addresses are IPv4', '::ffff:127.0.0.1', '::ffff:198.51.100.1', 'HTTPS', { ip: '198.51.100.1', isHttps: true }],
  ['IPv6 with brackets and port', '2001:db8::1', '[2001:470::5]:443', 'https', { ip: '2001:470::5', isHttps: true }],
])('%s', (_, peer, forwardedFor, proto, expected) => {
  expect(client(peer, false, forwardedFor, proto)).toEqual(expected)
})

test('TLS that ends here needs nobody to say so', () => {
  expect(client('203.0.113.9', true, undefined, undefined).isHttps).toBe(true)
})
