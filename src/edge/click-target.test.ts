import { expect, test } from 'vitest'
import { locate, readRedirect } from './click-target.ts'

const HOSTS = ['example.com', 'shop.example.com']
const go = (query: string): string | null => locate(readRedirect(query), 'id-1', HOSTS)
const to = (url: string): string => `to=${encodeURIComponent(url)}`

test.each([
  ['appends the id', to('https://example.com/lp'), 'https://example.com/lp?click_id=id-1'],
  ['after what is there', to('https://example.com/lp?a=b%20c#top'), 'https://example.com/lp?a=b%20c&click_id=id-1#top'],
  ['under another name', `${to('https://example.com/')}&click_param=subid`, 'https://example.com/?subid=id-1'],
  ['in its place', to('https://shop.example.com/?s={click_id}&t={click_id}'), 'https://shop.example.com/?s=id-1&t=id-1'],
  [
    'platform ids byte for byte',
    `fbclid=IwAR%2B_x%2f&${to('https://example.com/')}&gclid=Cj0+K&utm_source=a%20b&foo=1`,
    'https://example.com/?fbclid=IwAR%2B_x%2f&gclid=Cj0+K&utm_source=a%20b&click_id=id-1',
  ],
  ['not twice', `gclid=1&${to('https://example.com/?gclid=2')}`, 'https://example.com/?gclid=2&click_id=id-1'],
])('%s', (_, query, location) => {
  expect(go(query)).toBe(location)
})

test.each([
  ['http', to('http://example.com/')],
  ['another host', to('https://evil.test/')],
  ['a sub-domain that is not listed', to('https://a.example.com/')],
  ['a host that begins like ours', to('https://example.com.evil.test/')],
  ['a user', to('https://example.com@evil.test/')],
  ['a user on our host', to('https://u:p@example.com/')],
  ['a port', to('https://example.com:8443/')],
  ['no scheme', to('//example.com/')],
  ['a backslash', to('https:/\\evil.test')],
  ['a control character', to('https://example.com/\r\nset-cookie:a=b')],
  ['a look-alike', to('https://ехample.com/')],
  ['a script', to('javascript:alert(1)')],
  ['the id as host', to('https://{click_id}/')],
  ['two targets', `${to('https://example.com/')}&${to('https://example.com/')}`],
  ['none', 'a=b'],
])('refuses %s', (_, query) => {
  expect(go(query)).toBeNull()
})
