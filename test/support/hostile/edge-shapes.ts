import { bodies } from './bodies.ts'
import { get, type Hostile, post } from './packet.ts'

const PATH = '/api/v1/postback/conversions'
const encoded = (text: string): string => encodeURIComponent(text)

export type EdgePlaces = {
  readonly key: string
  readonly backendKey: string
  readonly clickKey: string
  /** Of a role that may hand in clicks and try requests out. */
  readonly apiKey: string
}

/** Where a click redirect must not lead. `example.com` is the workspace's only host. */
export const FORBIDDEN_TARGETS: readonly string[] = [
  'http://example.com/',
  'https://evil.test/',
  '//evil.test/',
  '///evil.test/',
  '/\\evil.test/',
  'https:evil.test',
  'https:/\\evil.test/',
  'https:\\\\evil.test/',
  'https://example.com@evil.test/',
  'https://example.com:443@evil.test/',
  'https://evil.test#@example.com/',
  'https://evil.test?@example.com/',
  'https://evil.test\\@example.com/',
  'https://example.com.evil.test/',
  'https://evil-example.com/',
  'https://example.com./',
  'https://example.com:8443/',
  'https://user:pass@example.com/',
  'https://[::1]/',
  'https://127.0.0.1/',
  'https://2130706433/',
  'https://0x7f.1/',
  'https://169.254.169.254/latest/meta-data/',
  'https://localhost/',
  'https://metadata.google.internal/',
  'https://xn--xample-9uf.com/',
  'https://ехample.com/',
  'https://example。evil.test/',
  'https://example.com%2eevil.test/',
  'https://example.com%00.evil.test/',
  'https://example.com\u0000.evil.test/',
  'https://example.com\r\nLocation: https://evil.test/',
  'https://example.com/%0d%0aSet-Cookie:a=b\r\nX: y',
  '\thttps://evil.test/',
  'javascript:alert(1)',
  'JaVaScRiPt://example.com/%0aalert(1)',
  'data:text/html,<script>alert(1)</script>',
  'vbscript:msgbox(1)',
  'file:///etc/passwd',
  'ftp://example.com/',
  'gopher://example.com/',
  'blob:https://example.com/x',
  'view-source:https://example.com/',
  'https://{click_id}/',
  'https://{click_id}@evil.test/',
  '{click_id}',
  'https://',
  'https:///',
  'https://#',
  '.',
  '',
]

/** What the public door may be sent in its own words. */
export function edgeShapes({ key, backendKey, clickKey, apiKey }: EdgePlaces): Hostile[] {
  const query = (name: string, text: string): Hostile => ({ name, bytes: get(`${PATH}?key=${key}&event=Lead&${text}`), status: [200] })
  const authorization = [`Authorization: Bearer ${apiKey}`]
  const deep = '['.repeat(4_000) + ']'.repeat(4_000)
  const to = encoded('https://example.com/')
  const everyBody = (name: string, target: string, headers: readonly string[], status?: readonly number[]): Hostile[] =>
    Object.entries(bodies).map(([what, { body, type, headers: own = [] }]) => ({
      name: `${name}: ${what}`,
      bytes: post(target, body, { ...(type === undefined ? {} : { type }), headers: [...headers, ...own] }),
      ...(status === undefined ? {} : { status }),
    }))
  return [
    // A tracker is answered 200 whatever it says: the workspace sees what could not be read.
    ...everyBody('a tracker', `${PATH}?key=${key}`, [], [200]),
    ...everyBody('a backend', `${PATH}/${backendKey}`, [], [200, 400, 422]),
    ...everyBody('a batch', `${PATH}/batch?key=${key}`, [], [200, 400, 422]),
    ...everyBody('the clicks API', '/api/v1/clicks', authorization, [200, 400, 422]),
    ...everyBody('a beacon', `/api/v1/clicks/pixel?key=${clickKey}`, [], [204, 400, 413, 422]),
    ...everyBody('the test', '/api/v1/postback/test', authorization, [400, 422]),
    query('a NUL in an id', 'click_id=a%00b&transaction_id=%00'),
    query('every control character', `sub1=${Array.from({ length: 32 }, (_, n) => `%${n.toString(16).padStart(2, '0')}`).join('')}%7f`),
    query('broken escapes', 'a=%&b=%zz&c=%E0%A4%A&%=1&%%=2&d=%u0041&e=%25%25'),
    query('no UTF-8', 'click_id=%C0%AF&sub1=%ED%A0%80&sub2=%FF%FE&sub3=%F8%88%80%80%80'),
    query('lists deep in a text', `custom_data={"a":${deep}}`),
    query('objects deep in a text', `payload=${'{"a":'.repeat(1_300)}1${'}'.repeat(1_300)}`),
    query('lists deep in items, app and consent', `items=${deep}&app=${deep}&consent=${deep}`.slice(0, 14_000)),
    query('a click id of 14 kB', `click_id=${'c'.repeat(14_000)}`),
    query('a name of 14 kB', `${'n'.repeat(14_000)}=1`),
    query('two thousand parameters', Array.from({ length: 2_000 }, (_, n) => `p${n}=`).join('&')),
    query('one parameter a thousand times', 'click_id=a&'.repeat(1_000)),
    query('names of the prototype', '__proto__=1&__proto__[x]=2&constructor=3&prototype=4&toString=5&hasOwnProperty=6&valueOf=7'),
    query('a second key', `key=${key.slice(0, -3)}xyz&KEY=other&key=${key}`),
    query('markup in every field', 'click_id=<script>&transaction_id=%22%3E%3Cimg%20src%3Dx%3E&return=%3Cscript%3Ealert(1)%3C/script%3E'),
    query('a reply with line breaks', 'return=a%0d%0aSet-Cookie:%20x=1%0d%0a%0d%0a%3Chtml%3E'),
    query(
      'addresses inside of the network',
      `event_source_url=${encoded('http://169.254.169.254/')}&referrer=${encoded('file:///etc/passwd')}`,
    ),
    query('text made to be slow', `sub1=${'a@'.repeat(3_500)}&sub2=${'%2B1%20'.repeat(500)}&sub3=${'{{'.repeat(1_000)}`),
    {
      name: 'headers that say who asks',
      bytes: get(`${PATH}?key=${key}&event=Lead`, [
        'User-Agent: <script>\x80\xff',
        'Referer: javascript:alert(1)',
        `Idempotency-Key: ${'k'.repeat(5_000)}`,
      ]),
      status: [200],
    },
    {
      name: 'a signature of nonsense',
      bytes: post(`${PATH}/${backendKey}`, '{}', {
        headers: ['webhook-id: a.b.c', 'webhook-timestamp: 1e999', `webhook-signature: ${'v1,= '.repeat(1_000)}`],
      }),
      status: [401],
    },
    ...['', 'x', '__proto__', `${key}x`, key.toUpperCase(), `${key}%00`, `../${key}`, 'a'.repeat(5_000), '%ff%fe', '<script>'].map(
      (wrong) => ({
        name: `the key ${JSON.stringify(wrong).slice(0, 30)}`,
        bytes: get(`${PATH}?event=Lead&key=${wrong}`),
        status: [404, 429],
      }),
    ),
    { name: 'a body of 300 kB', bytes: post(`${PATH}?key=${key}`, 'x'.repeat(300_000)), status: [413] },
    { name: 'a body that says it is 9 GB', bytes: get(`${PATH}?key=${key}`, ['Content-Length: 9000000000'], 'POST'), status: [413] },
    { name: 'a beacon of 70 kB', bytes: post(`/api/v1/clicks/pixel?key=${clickKey}`, 'x'.repeat(70_000)), status: [413] },
    { name: '10,001 lines', bytes: post(`${PATH}/batch?key=${key}`, '{}\n'.repeat(10_001)), status: [422] },
    { name: 'lines of nonsense', bytes: post(`${PATH}/batch?key=${backendKey}`, '{}\n[\n"\n{"a":\n'.repeat(500)), status: [200] },
    { name: 'a megabyte of open lists', bytes: post(`${PATH}/batch?key=${key}`, '['.repeat(1_000_000)), status: [400] },
    {
      name: 'clicks of odd things',
      bytes: post(
        '/api/v1/clicks',
        JSON.stringify([null, 1, [], 'x', { aliases: {} }, { utm: [] }, { clicked_at: {} }, { click_id: '' }]),
        { headers: authorization },
      ),
      status: [200],
    },
    // A redirect leads nowhere but to the workspace's hosts, and is no answer to be split.
    ...FORBIDDEN_TARGETS.map((target) => ({
      name: `a redirect to ${JSON.stringify(target)}`,
      bytes: get(`/c/${clickKey}?to=${encoded(target)}`),
      status: [400],
    })),
    { name: 'a redirect with two targets', bytes: get(`/c/${clickKey}?to=${to}&to=${encoded('https://evil.test/')}`), status: [400] },
    { name: 'a redirect without one', bytes: get(`/c/${clickKey}`), status: [400] },
    {
      name: 'a redirect with a name of line breaks',
      bytes: get(`/c/${clickKey}?to=${to}&click_param=a%0d%0ab&click_id=c%0d%0ad`),
      status: [302],
    },
    { name: 'a redirect with raw bytes', bytes: get(`/c/${clickKey}?to=${to}&gclid="<>|^{}&utm_source=%0d%0aX:%20y`), status: [302] },
    {
      name: 'a redirect with ids of 4 kB',
      bytes: get(`/c/${clickKey}?to=${to}&fbclid=${'f'.repeat(4_000)}&gclid=${'g'.repeat(4_000)}`),
      status: [302],
    },
    {
      name: 'a redirect with two hundred utm',
      bytes: get(`/c/${clickKey}?to=${to}&${Array.from({ length: 200 }, (_, n) => `utm_${n}=1`).join('&')}`),
      status: [302],
    },
    { name: 'a redirect under the secret key', bytes: get(`/c/${key}?to=${to}`), status: [404, 429] },
    { name: 'a redirect under a path', bytes: get(`/c/../c/${clickKey}?to=${to}`), status: [404, 429] },
    { name: 'the script under a key of markup', bytes: get('/pixel.js?key=%3C/script%3E%3Cscript%3Ealert(1)'), status: [404, 429] },
    // What is tried out is read, and never fetched.
    ...[
      'file:///etc/passwd',
      'http://169.254.169.254/',
      'gopher://127.0.0.1:9092/_x',
      'javascript:alert(1)',
      '//',
      '\u0000',
      'x'.repeat(299_000),
    ].map((url) => ({
      name: `a try of ${JSON.stringify(url).slice(0, 40)}`,
      bytes: post('/api/v1/postback/test', JSON.stringify({ url, method: 'POST', body: { event: 'Lead' } }), { headers: authorization }),
      status: [200, 422],
    })),
  ]
}
