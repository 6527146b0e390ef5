import { bodies } from './bodies.ts'
import { get, type Hostile, post } from './packet.ts'

/** Routes that take a body, with the methods they take it by. */
const TAKE_BODIES = [
  ['POST', '/api/v1/session'],
  ['POST', '/api/v1/sources'],
  ['POST', '/api/v1/destinations'],
  ['POST', '/api/v1/rules'],
  ['POST', '/api/v1/api-keys'],
  ['PATCH', '/api/v1/settings'],
  ['POST', '/api/v1/postback/test'],
] as const

/** Ids and other parts of a path that nothing has. */
const STRANGE = [
  '%00',
  '%',
  '%E0%A4%A',
  '%ff',
  '__proto__',
  'constructor',
  'toString',
  '..%2f..',
  '%2e%2e',
  "'%20OR%201=1--",
  '%3Cscript%3E',
  'a'.repeat(5_000),
]

const QUERIES = [
  'q=%00',
  'q=%27%20OR%201=1--%5C',
  'q=%25%5F%5C%27%22%60',
  `q=${'%F0%9F%98%80'.repeat(500)}`,
  'q[]=1&q[a]=2',
  'q=a&q=b',
  'status=__proto__',
  'status=%00',
  'limit=-1',
  'limit=1e3',
  'limit=99999999999999999999',
  'limit=0x10',
  'from=%00',
  'from=9999-99-99',
  'from=-271821-04-20T00:00:00Z',
  'from=%2B275760-09-13T00:00:00Z&to=%2B275760-09-13T00:00:00Z',
  'from=1970-01-01&to=1969-01-01',
  'cursor=%00',
  'cursor=e30',
  'cursor=eyJfX3Byb3RvX18iOjF9',
  `cursor=${'A'.repeat(5_000)}`,
  'cursor=W251bGwsbnVsbF0',
  'source_id=%27%3B%20DROP',
  'sub1=%00&sub20=%FF',
  'sub3=%5C%27',
  'tz=%00&bucket=minute',
  'tz=../../etc/passwd&bucket=day',
  'tz=Europe/%C3%84&bucket=hour&group_by=source',
  'group_by=__proto__',
  'bucket=constructor',
  'bucket=minute&from=1970-01-01T00:00:00Z',
  '__proto__=1&constructor=2',
]

/** What the console may be sent in its own words, with the API key of an owner. */
export function consoleShapes(apiKey: string): Hostile[] {
  const headers = [`Authorization: Bearer ${apiKey}`]
  const ask = (target: string, method = 'GET'): Hostile => ({
    name: `${method} ${target.slice(0, 80)}`,
    bytes: get(target, headers, method),
  })
  return [
    ...TAKE_BODIES.flatMap(([method, target]) =>
      Object.entries(bodies).map(([what, { body, type, headers: own = [] }]) => ({
        name: `${method} ${target}: ${what}`,
        bytes: post(target, body, { method, ...(type === undefined ? {} : { type }), headers: [...headers, ...own] }),
      })),
    ),
    {
      name: 'a body of 2 MB',
      bytes: post('/api/v1/sources', `{"name":"${'x'.repeat(2_000_000)}"}`, { headers }),
      status: [413],
      maySay: 'nothing',
    },
    ...STRANGE.flatMap((id) => [
      ask(`/api/v1/sources/${id}`),
      ask(`/api/v1/destinations/${id}`, 'DELETE'),
      ask(`/api/v1/rules/${id}`),
      ask(`/api/v1/postback/events/${id}`),
      ask(`/api/v1/sources/${id}/words`),
      ask(`/assets/${id}/style.css`),
      ask(`/assets/x/${id}`),
      ask(`/${id}`),
    ]),
    ...QUERIES.flatMap((query) => [ask(`/api/v1/postback/events?${query}`), ask(`/api/v1/postback/stats?${query}`)]),
    ...[
      '/assets/../../package.json',
      '/assets/x/../../../package.json',
      '/assets/x/%2e%2e/%2e%2e/package.json',
      '/docs/..%2f..%2fpackage.json',
    ].map((target) => ({ ...ask(target), status: [404] })),
    ...[
      `Host: x\r\nOrigin: https://evil.test`,
      'X-Workspace-Id: __proto__',
      'X-Workspace-Id: \x80',
      `X-Workspace-Id: ${'w'.repeat(5_000)}`,
      'If-Match: \x80*',
      'Last-Event-ID: 1e999',
    ].map((header) => ({ name: `the header ${header.slice(0, 40)}`, bytes: get('/api/v1/settings', [...headers, header]) })),
    { name: 'a session of markup', bytes: get('/connect/postback', ['Cookie: session=<script>; __Host-session=%00']), status: [302] },
    { name: 'a redirect of the host of another', bytes: get('/', ['X-Forwarded-Host: evil.test']), status: [302] },
  ]
}
