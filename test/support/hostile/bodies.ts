import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'

/** Some thousand times as large as it comes. */
const ZEROS = Buffer.alloc(64 * 1024 * 1024)
const nested = (open: string, depth: number, close = ''): string => open.repeat(depth) + close.repeat(depth)

type Body = { readonly body: string | Uint8Array; readonly type?: string; readonly headers?: readonly string[] }

/** Bodies that are wrong, odd or too much, each below 250 kB. A route of one JSON object answers each of them. */
export const bodies: Readonly<Record<string, Body>> = {
  nothing: { body: '' },
  blanks: { body: ' \r\n\t ' },
  'a byte order mark': { body: '\ufeff{"event":"Lead"}' },
  'half an object': { body: '{"event":' },
  'an object and more': { body: '{"event":"Lead"}{"event":"Lead"}' },
  'a list': { body: '[1,2,3]' },
  null: { body: 'null' },
  'a text': { body: '"Lead"' },
  'a number': { body: '1e999' },
  'a trailing comma': { body: '{"event":"Lead",}' },
  'lists in lists': { body: nested('[', 120_000) },
  'lists in lists, closed': { body: nested('[', 100_000, ']') },
  'objects in objects': { body: `${nested('{"a":', 40_000)}1${'}'.repeat(40_000)}` },
  'lists in a field': { body: `{"event":"Lead","custom_data":${nested('[', 60_000, ']')}}` },
  'objects in each field': { body: JSON.stringify({ event: {}, click_id: [], value: {}, currency: [[]], items: {}, app: [], consent: 1 }) },
  'lists in the text of a field': { body: JSON.stringify({ event: 'Lead', custom_data: `{"a":${nested('[', 4_000, ']')}}` }) },
  'objects in the text of a field': { body: JSON.stringify({ event: 'Lead', note: `${nested('{"a":', 1_300)}1${'}'.repeat(1_300)}` }) },
  'a key ten thousand times': { body: `{${Array.from({ length: 10_000 }, (_, n) => `"event":"${n}"`).join(',')}}` },
  'ten thousand keys': { body: `{${Array.from({ length: 10_000 }, (_, n) => `"k${n}":1`).join(',')}}` },
  'a name of 200 kB': { body: `{"event":"Lead","${'n'.repeat(200_000)}":1}` },
  'a value of 200 kB': { body: `{"event":"Lead","note":"${'v'.repeat(200_000)}"}` },
  'an id of 200 kB': { body: `{"event":"Lead","click_id":"${'c'.repeat(200_000)}","transaction_id":"${'t'.repeat(9_000)}"}` },
  'names of the prototype': {
    body: '{"event":"Lead","__proto__":{"isAdmin":true,"source_kind":"x"},"constructor":{"prototype":{"x":1}},"toString":1,"hasOwnProperty":2,"then":{}}',
  },
  'names of the prototype, inside': {
    body: '{"event":"Lead","custom_data":{"__proto__":{"x":1},"a":{"constructor":{"prototype":{"y":1}}}},"items":[{"__proto__":1}]}',
  },
  'numbers nobody can hold': {
    body: '{"event":"Purchase","value":1e400,"quantity":-1e-400,"transaction_id":123456789012345678901234567890,"event_time":1e300}',
  },
  'half a pair of UTF-16': { body: '{"event":"Lead","click_id":"\\ud800","transaction_id":"\\udc00x","note":"\\ud83d"}' },
  'NUL and its like': { body: '{"event":"Lead","click_id":"a\\u0000b","note":"\\u0001\\u001b[2J\\u007f\\u009b\\u2028\\u202e"}' },
  'a raw control character': { body: '{"event":"Le\x01ad"}' },
  'no UTF-8': { body: Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x22, 0xc0, 0xaf, 0xed, 0xa0, 0x80, 0x22, 0x7d]) },
  'UTF-16': { body: Buffer.from('{"event":"Lead"}', 'utf16le'), type: 'application/json; charset=utf-16' },
  'a gzip bomb': { body: gzipSync(ZEROS), headers: ['Content-Encoding: gzip'] },
  'a deflate bomb': { body: deflateSync(ZEROS), headers: ['Content-Encoding: deflate'] },
  'a brotli bomb': { body: brotliCompressSync(ZEROS), headers: ['Content-Encoding: br'] },
  'gzip in gzip': { body: gzipSync(gzipSync('{"event":"Lead"}')), headers: ['Content-Encoding: gzip, gzip'] },
  'a coding nobody knows': { body: '{"event":"Lead"}', headers: ['Content-Encoding: x-unknown'] },
  XML: { body: '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', type: 'application/xml' },
  'a form that says it is JSON': { body: 'event=Lead&click_id=c', type: 'application/json' },
  'JSON that says it is a form': { body: '{"event":"Lead"}', type: 'application/x-www-form-urlencoded' },
  'a form of ten thousand': {
    body: Array.from({ length: 10_000 }, (_, n) => `p${n}=1`).join('&'),
    type: 'application/x-www-form-urlencoded',
  },
  'a form of percent signs': { body: '%&%%=%zz&%E0%A4%A=%&=&&a=%00', type: 'application/x-www-form-urlencoded' },
  'a form with names in brackets': { body: 'a[__proto__][x]=1&a[]=1&a.b.c=2', type: 'application/x-www-form-urlencoded' },
  'a multipart form': {
    body: '--b\r\nContent-Disposition: form-data; name="event"; filename="../../x"\r\n\r\nLead\r\n--b--',
    type: 'multipart/form-data; boundary=b',
  },
  'a multipart form without its boundary': { body: 'x', type: 'multipart/form-data' },
  'a type nobody knows': { body: '{"event":"Lead"}', type: 'a/b;c="d' },
  'a type of 8 kB': { body: '{"event":"Lead"}', type: `application/json; ${'a'.repeat(8_000)}` },
  'no type': { body: '{"event":"Lead"}', type: '' },
  'markup and formulas': {
    body: JSON.stringify({
      event: '<script>alert(1)</script>',
      click_id: '=cmd|"/C calc"!A1',
      note: '"><img src=x onerror=alert(1)>',
      sub1: '@SUM(1+1)',
    }),
  },
  'SQL and templates': { body: JSON.stringify({ event: "'; DROP TABLE events; --", click_id: '{{7*7}}#{7*7}', note: "\\'); DROP" }) },
}
