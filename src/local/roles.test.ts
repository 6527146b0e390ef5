import { expect, test } from 'vitest'
import { readConfig } from '../config.ts'
import type { Part } from './part.ts'
import { planRoles } from './roles.ts'
import { stackOf } from './stack-of.ts'

const part = (address: string, pid: number): Part => ({ address, pid, stop: async () => undefined })
const parts = { kafka: part('127.0.0.1:9092', 1), registry: part('http://r', 2), clickhouse: part('http://c', -1) }
const secrets = { KEY_RINGS: 'r1:x', CREDENTIALS_KEYS: 'k1:y', OPERATOR_API_KEY: 'op' }
const plan = (env: Record<string, string> = {}) => planRoles(readConfig(env), '/data', parts, secrets)

test('every process of a role has its ordinal and an admin port, all of them the same parts and secrets', () => {
  const { roles } = plan({ ATTRIBUTION_PROCESSES: '2', ADMIN_PORT_BASE: '9500' })
  expect(roles.map(({ role, ordinal }) => `${role}-${ordinal}`)).toEqual([
    'twins-0',
    'edge-0',
    'attribution-0',
    'attribution-1',
    'forward.meta-0',
    'forward.google-0',
    'forward.tiktok-0',
    'store-0',
    'console-0',
  ])
  expect(roles[3]).toMatchObject({ args: ['attribution'], adminUrl: 'http://127.0.0.1:9503' })
  expect(roles[3]?.env).toMatchObject({
    ...secrets,
    ORDINAL: '1',
    ADMIN_PORT: '9503',
    KAFKA_BROKERS: '127.0.0.1:9092',
    STATE_DIR: '/data/state',
  })
  expect(roles[5]?.args).toEqual(['forward', 'google'])
})

test('URLs we hand out begin with the address that senders know', () => {
  expect(plan().edgeUrl).toBe('http://127.0.0.1:8080')
  expect(plan({ PUBLIC_EDGE_URL: 'https://pb.example.com/' }).env).toMatchObject({ PUBLIC_EDGE_URL: 'https://pb.example.com' })
  expect(plan({ TWIN_META_URL: 'http://twin:1' }).twins.meta).toBe('http://twin:1')
})

test.each([
  { name: 'one broker of ours', env: {}, replicas: '1' },
  { name: 'three brokers of ours', env: { KAFKA_LOCAL_BROKERS: '3' }, replicas: '3' },
  { name: 'brokers that are given', env: { KAFKA_LOCAL_BROKERS: '3', KAFKA_BROKERS: 'b:1', REPLICATION_FACTOR: '2' }, replicas: '2' },
])('$name: $replicas replicas of each topic', ({ env, replicas }) => expect(plan(env).env.REPLICATION_FACTOR).toBe(replicas))

test('every broker of three is told by its pid', () => {
  const three = { ...parts, kafka: { ...part('a:1,a:2,a:3', 21), pids: [21, 22, 23] } }
  expect(
    stackOf(plan(), three, () => [], { id: '', api_key: '', admin_email: '', admin_password: '', sources: [] }, 'op').pids,
  ).toMatchObject({
    kafka: 21,
    kafka_brokers: [21, 22, 23],
  })
})

test('however many processes the edge has, it is one role with one admin port', () =>
  expect(plan({ EDGE_PROCESSES: '4' }).roles.filter(({ role }) => role === 'edge')).toHaveLength(1))

test('stack.json has exactly the shape of the design', () => {
  const workspace = { id: 'w1', api_key: 'k', admin_email: 'a', admin_password: 'p', sources: [] }
  const pids: Record<string, number[]> = { edge: [10], attribution: [11, 12], store: [13], console: [14], 'forward.meta': [15] }
  const stack = stackOf(plan(), parts, (role) => pids[role] ?? [], workspace, 'op')
  expect(stack).toEqual({
    edge_url: 'http://127.0.0.1:8080',
    console_url: 'http://127.0.0.1:8090',
    clickhouse_url: 'http://c',
    kafka_brokers: '127.0.0.1:9092',
    schema_registry_url: 'http://r',
    admin_urls: {
      twins: ['http://127.0.0.1:9400'],
      edge: ['http://127.0.0.1:9401'],
      attribution: ['http://127.0.0.1:9402'],
      'forward.meta': ['http://127.0.0.1:9403'],
      'forward.google': ['http://127.0.0.1:9404'],
      'forward.tiktok': ['http://127.0.0.1:9405'],
      store: ['http://127.0.0.1:9406'],
      console: ['http://127.0.0.1:9407'],
    },
    twins: { meta: 'http://127.0.0.1:8101', google: 'http://127.0.0.1:8102', tiktok: 'http://127.0.0.1:8103' },
    pids: {
      kafka: 1,
      kafka_brokers: [1],
      registry: 2,
      clickhouse: -1,
      edge: [10],
      attribution: [11, 12],
      forward: { meta: 15, google: -1, tiktok: -1 },
      store: [13],
      console: [14],
    },
    operator_api_key: 'op',
    workspace,
  })
})
