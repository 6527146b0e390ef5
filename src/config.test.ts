import { expect, test } from 'vitest'
import { readConfig, required } from './config.ts'

test('a fault names every variable at fault and shows no value', () => {
  const read = () => readConfig({ EDGE_PORT: 'sesame', KEY_RINGS: 'r1:c2VjcmV0' })
  expect(read).toThrow(/EDGE_PORT.*KEY_RINGS/)
  expect(read).not.toThrow(/sesame|c2VjcmV0/)
})

test('empty is absent, and lists are split', () => {
  const config = readConfig({ KAFKA_BROKERS: 'a:1, b:2', REDIS_URL: '' })
  expect(config.KAFKA_BROKERS).toEqual(['a:1', 'b:2'])
  expect(config.REDIS_URL).toBeUndefined()
})

test('a role says what it misses', () => {
  expect(() => required(readConfig({}), 'CLICKHOUSE_URL')).toThrow(/CLICKHOUSE_URL is not set/)
})

test('a secret comes from a file', () => {
  expect(() => readConfig({ OPERATOR_API_KEY_FILE: '/nowhere' })).toThrow(/OPERATOR_API_KEY_FILE names a file/)
})
