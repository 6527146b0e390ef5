import { createServer } from 'node:net'
import { expect, test } from 'vitest'
import { readConfig } from '../config.ts'
import { requireFreePorts, wantedPorts } from './ports.ts'

test('what is given elsewhere takes no port here', () => {
  const given = { KAFKA_BROKERS: 'b:1', SCHEMA_REGISTRY_URL: 'http://r', CLICKHOUSE_URL: 'http://c' }
  const all = wantedPorts(readConfig({}), 8).map(({ variable }) => variable)
  const some = wantedPorts(readConfig(given), 8).map(({ variable }) => variable)
  expect(all.filter((variable) => !some.includes(variable))).toEqual([
    'KAFKA_PORT',
    'KAFKA_CONTROLLER_PORT',
    'REGISTRY_PORT',
    'CLICKHOUSE_HTTP_PORT',
    'CLICKHOUSE_TCP_PORT',
  ])
})

test('each of three brokers has ports of its own', () => {
  const wanted = wantedPorts(readConfig({ KAFKA_LOCAL_BROKERS: '3', KAFKA_MORE_PORTS_BASE: '9600' }), 1)
  const more = wanted.filter(({ variable }) => variable === 'KAFKA_MORE_PORTS_BASE').map(({ port }) => port)
  expect(more).toEqual([9600, 9601, 9602, 9603])
  expect(new Set(wanted.map(({ port }) => port)).size).toBe(wanted.length)
})

test('every process has an admin port of its own', () => {
  const admin = wantedPorts(readConfig({ ADMIN_PORT_BASE: '9500' }), 3).filter(({ variable }) => variable === 'ADMIN_PORT_BASE')
  expect(admin.map(({ port }) => port)).toEqual([9500, 9501, 9502])
})

test('a taken port is named with the variable that moves it', async () => {
  const server = createServer()
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as { port: number }
  await expect(requireFreePorts([{ port, variable: 'EDGE_PORT' }])).rejects.toMatchObject({
    code: 'port_taken',
    message: `Port ${port} is taken. Stop what listens there, or choose another with EDGE_PORT.`,
  })
  await new Promise((done) => server.close(done))
  await expect(requireFreePorts([{ port, variable: 'EDGE_PORT' }])).resolves.toBeUndefined()
})

test('two that want one port are told apart', () =>
  expect(requireFreePorts(wantedPorts(readConfig({ EDGE_PORT: '8090' }), 1))).rejects.toThrow(
    /8090 is wanted by both EDGE_PORT and CONSOLE_PORT/,
  ))
