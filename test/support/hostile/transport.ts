import { get, type Hostile, packet, post } from './packet.ts'

/** What breaks HTTP itself, at a server of any kind. `target` answers a GET. */
export function transportShapes(target: string): Hostile[] {
  const raw = (name: string, text: string, more: Partial<Hostile> = {}): Hostile => ({ name, bytes: packet(text), ...more })
  const line = `POST ${target} HTTP/1.1\r\nHost: x\r\n`
  const smuggled = 'GET /healthz?smuggled HTTP/1.1\r\nHost: x\r\n\r\n'
  const refused = { status: [400], endsThere: true } as const
  return [
    // Two lengths, of which two servers in a row may each believe another one.
    raw('CL and TE', `${line}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`, refused),
    raw('TE and CL', `${line}Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n${smuggled}`, refused),
    raw('two lengths', `${line}Content-Length: 0\r\nContent-Length: 44\r\n\r\n${smuggled}`, refused),
    raw('a list of lengths', `${line}Content-Length: 0, 44\r\n\r\n${smuggled}`, refused),
    ...['-1', '+5', '0x10', '1e3', '5 5', '', '99999999999999999999999'].map((length) =>
      raw(`a length of "${length}"`, `${line}Content-Length: ${length}\r\n\r\n${smuggled}`, { endsThere: true, status: [400, 413, 405] }),
    ),
    ...['xchunked', 'chunked, identity', 'chunked, chunked', 'gzip', '"chunked"', 'chunked\v', '\x0bchunked'].map((coding) =>
      raw(`the transfer coding ${JSON.stringify(coding)}`, `${line}Transfer-Encoding: ${coding}\r\n\r\n0\r\n\r\n${smuggled}`, {
        endsThere: true,
      }),
    ),
    raw('a blank before the colon', `${line}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n${smuggled}`, refused),
    ...['zz', '-1', 'ffffffffffffffffff', '0x5', '5 ;x', ''].map((size) =>
      raw(`a chunk of the size "${size}"`, `${line}Transfer-Encoding: chunked\r\n\r\n${size}\r\nhello\r\n0\r\n\r\n`, { endsThere: true }),
    ),
    raw('a chunk longer than its size', `${line}Transfer-Encoding: chunked\r\n\r\n2\r\nhello\r\n0\r\n\r\n`, { endsThere: true }),
    raw('chunk extensions of 32 kB', `${line}Transfer-Encoding: chunked\r\n\r\n5;${'a'.repeat(32_000)}\r\nhello\r\n0\r\n\r\n`, {
      endsThere: true,
    }),
    raw('a folded header', `GET ${target} HTTP/1.1\r\nHost: x\r\nX-A: 1\r\n folded: 2\r\n\r\n`, { endsThere: true, status: [400] }),
    raw('LF alone', `GET ${target} HTTP/1.1\nHost: x\n\n`, refused),
    raw('CR alone', `GET ${target} HTTP/1.1\rHost: x\r\r`, { ...refused, maySay: 'nothing' }),
    raw('a blank line in the headers', `GET ${target} HTTP/1.1\r\nHost: x\r\nX: a\r\n\nInjected: 1\r\n\r\n`, { endsThere: true }),
    raw('a header without a colon', `GET ${target} HTTP/1.1\r\nHost: x\r\nnonsense\r\n\r\n`, refused),
    raw('a header without a name', `GET ${target} HTTP/1.1\r\nHost: x\r\n: x\r\n\r\n`, refused),
    raw('a NUL in a header', `GET ${target} HTTP/1.1\r\nHost: x\r\nX: a\0b\r\n\r\n`, refused),
    raw('a control character in a name', `GET ${target} HTTP/1.1\r\nHost: x\r\nX\x01: a\r\n\r\n`, refused),
    { name: 'a header of 20 kB', bytes: get(target, [`X: ${'a'.repeat(20_000)}`]), status: [431], endsThere: true },
    {
      name: 'headers of 20 kB',
      bytes: get(
        target,
        Array.from({ length: 2_000 }, (_, n) => `x${n}: 1`),
      ),
      status: [431],
      endsThere: true,
    },
    {
      name: 'a thousand headers',
      bytes: get(
        target,
        Array.from({ length: 1_000 }, (_, n) => `x${n}: 1`),
      ),
    },
    { name: 'a URL of 20 kB', bytes: get(`${target}?a=${'a'.repeat(20_000)}`), status: [431], endsThere: true },
    // Who is asked, and by what version.
    raw('no Host', `GET ${target} HTTP/1.1\r\nConnection: close\r\n\r\n`, { status: [400] }),
    raw('two Hosts', `GET ${target} HTTP/1.1\r\nHost: x\r\nHost: evil.test\r\nConnection: close\r\n\r\n`),
    raw('an empty Host', `GET ${target} HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n`),
    ...['HTTP/0.9', 'HTTP/1.2', 'HTTP/2.0', 'HTTP/9.9', 'http/1.1', 'HTTP/1.1.1', 'ICY/1.0'].map((version) =>
      raw(`version ${version}`, `GET ${target} ${version}\r\nHost: x\r\nConnection: close\r\n\r\n`),
    ),
    raw('HTTP/1.0 without a Host', `GET ${target} HTTP/1.0\r\n\r\n`),
    raw('no version', `GET ${target}\r\n\r\n`, { maySay: 'nothing' }),
    raw('HTTP/2 at once', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', { endsThere: true }),
    raw('the beginning of TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'.padEnd(80, '\0'), refused),
    raw('another protocol', 'SSH-2.0-OpenSSH_9.9\r\n', refused),
    raw('bytes of chance', String.fromCharCode(...Array.from({ length: 200 }, (_, n) => (n * 89 + 7) % 256)), refused),
    ...['FOO', 'get', 'GETT', 'G', '', '\x00', 'GET\t'].map((method) =>
      raw(`the method ${JSON.stringify(method)}`, `${method} ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`, {
        endsThere: true,
      }),
    ),
    ...['PUT', 'DELETE', 'PATCH', 'TRACE', 'PROPFIND', 'M-SEARCH', 'QUERY', 'LINK', 'PURGE'].map((method) => ({
      name: `the method ${method}`,
      bytes: get(target, [], method),
      status: [405],
    })),
    raw('CONNECT', 'CONNECT evil.test:443 HTTP/1.1\r\nHost: evil.test:443\r\n\r\n', { maySay: 'nothing', endsThere: true }),
    { name: 'an upgrade to h2c', bytes: get(target, ['Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQAAP__']) },
    { name: 'an upgrade to a web socket', bytes: get(target, ['Upgrade: websocket', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: x']) },
    { name: 'an expectation nobody knows', bytes: post(target, '{}', { headers: ['Expect: the-unexpected'] }) },
    { name: 'an expectation of 100', bytes: post(target, '{}', { headers: ['Expect: 100-continue'] }) },
    // Where it goes.
    ...[
      `http://evil.test${target}`,
      `https://evil.test${target}`,
      'evil.test:443',
      '*',
      '//evil.test/',
      '/\\evil.test/',
      '/%00',
      '/%',
      '/%E0%A4%A',
      '/%c0%ae%c0%ae/',
      '/../../../../etc/passwd',
      '/%2e%2e/%2e%2e/%2e%2e/etc/passwd',
      '/..%2f..%2f..%2fetc%2fpasswd',
      '/..;/..;/healthz',
      '/.git/config',
      '/.env',
      '/stack.json',
      '/package.json',
      '/src/main.ts',
      '/__proto__',
      '/constructor',
      `${target}/../../healthz`,
      `${target}%2f..%2f`,
      `${target}#fragment`,
      `${target};a=b`,
      `${target}?${'&'.repeat(10_000)}`,
      `${target}?${'a=1&'.repeat(3_000)}`,
      `${target}?%=%&%E0%A4%A=%ff%fe&%00=%00&=&a[]=1&a[b]=2&__proto__[x]=1&constructor.prototype.x=1`,
      `${target}?\x80\xff\xc0\xaf=\xed\xa0\x80`,
      `${target}?a=<script>alert(1)</script>&"'\`=1`,
    ].map((where) => ({ name: `to ${JSON.stringify(where).slice(0, 80)}`, bytes: get(where) })),
    raw('a NUL in the URL', `GET ${target}?a=\0 HTTP/1.1\r\nHost: x\r\n\r\n`, refused),
    raw('a blank in the URL', `GET ${target}?a=b c HTTP/1.1\r\nHost: x\r\n\r\n`, refused),
    // Who asks.
    ...['Bearer', 'Bearer ', 'Bearer \x80\xff', `Bearer ${'x'.repeat(8_000)}`, 'Basic Og==', 'Bearer ../..', 'Bearer null'].map((sent) => ({
      name: `the authorization ${JSON.stringify(sent).slice(0, 40)}`,
      bytes: get('/api/v1/postback/config', [`Authorization: ${sent}`]),
      status: [401],
    })),
    {
      name: 'headers of a proxy that nobody trusts',
      bytes: get(target, ['X-Forwarded-For: <script>, 127.0.0.1,,', 'X-Forwarded-Proto: gopher', 'X-HTTP-Method-Override: DELETE']),
    },
    { name: 'a cookie of 8 kB', bytes: get(target, [`Cookie: ${'a=%E0%A4%A;'.repeat(700)}; session=__proto__`]) },
  ]
}
