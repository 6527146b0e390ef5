import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { expect, test } from 'vitest'

/** Who may import whom, by folder of `src`. A folder may always import itself and `events`; `topics/` is data for all. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  events: [],
  dialects: [],
  routing: ['workspaces'],
  platforms: [],
  workspaces: [],
  observe: [],
  state: [],
  kafka: ['observe'],
  api: ['dialects', 'platforms', 'routing', 'workspaces', 'observe'],
  edge: ['api', 'dialects', 'platforms', 'kafka', 'workspaces', 'observe'],
  attribution: ['routing', 'kafka', 'state', 'workspaces', 'observe'],
  forward: ['platforms', 'kafka', 'workspaces', 'observe'],
  store: ['kafka', 'observe'],
  import: ['api', 'dialects', 'platforms'],
  console: ['api', 'platforms', 'store', 'workspaces', 'kafka', 'observe', 'topology'],
  // What it compares it may not import: the audit tells attribution and forwarding again on its own.
  verify: ['kafka', 'store', 'workspaces'],
  twins: ['observe'],
  local: ['config', 'kafka', 'observe', 'topology'],
}

/** Packages that one folder alone may import. */
const ONLY_IN: Readonly<Record<string, readonly string[]>> = {
  kafkajs: ['kafka'],
  '@kafkajs/confluent-schema-registry': ['kafka'],
  '@clickhouse/client': ['store', 'roles'],
  lmdb: ['state'],
  ioredis: ['edge'],
  undici: ['forward'],
  pino: ['observe'],
  'prom-client': ['observe'],
}

const root = new URL('../../', import.meta.url).pathname
const files = globSync('src/**/*.ts', { cwd: root })
const imports = files.flatMap((file) =>
  [...readFileSync(join(root, file), 'utf8').matchAll(/(?:from|import\()\s*'([^']+)'/g)].map(([, specifier = '']) => ({ file, specifier })),
)
const roomOf = (path: string): string => path.split('/')[1]?.replace(/\.ts$/, '') ?? ''

test('stages meet in topics and events, and never import each other', () => {
  const trespasses = imports.flatMap(({ file, specifier }) => {
    const from = roomOf(file)
    const allowed = MAY_IMPORT[from]
    if (!specifier.startsWith('.') || allowed === undefined || file.endsWith('.test.ts')) return []
    const target = relative(root, join(root, dirname(file), specifier))
    if (!target.startsWith('src/')) return target.startsWith('topics/') || target.endsWith('.json') ? [] : [`${file} imports ${target}`]
    const to = roomOf(target)
    return to === from || to === 'events' || allowed.includes(to) ? [] : [`${file} imports ${target}`]
  })
  expect(trespasses).toEqual([])
})

test('each folder of src has its place in the table', () => {
  const rooms = new Set(files.filter((file) => file.split('/').length > 2).map(roomOf))
  rooms.delete('roles') // wires everything
  expect([...rooms].filter((room) => MAY_IMPORT[room] === undefined)).toEqual([])
})

test('a package stays in its folder', () => {
  const strays = imports.flatMap(({ file, specifier }) => {
    const only = Object.entries(ONLY_IN).find(([name]) => specifier === name || specifier.startsWith(`${name}/`))?.[1]
    return only === undefined || only.includes(roomOf(file)) ? [] : [`${file} imports ${specifier}`]
  })
  expect(strays).toEqual([])
})

test('the environment is read in one place', () => {
  const readers = files.filter((file) => !file.endsWith('.test.ts') && /process\.env/.test(readFileSync(join(root, file), 'utf8')))
  expect(readers.filter((file) => file !== 'src/main.ts' && !file.startsWith('src/local/'))).toEqual([])
})
