import { createServer } from 'node:net'
import type { Config } from '../config.ts'
import { Fault } from '../events/fault.ts'
import { brokerNodes } from './broker-settings.ts'

export type WantedPort = { readonly port: number; readonly variable: string }

/** Every port the stack will listen on, with the variable that moves it; parts that are given elsewhere take none. */
export function wantedPorts(config: Config, roles: number): WantedPort[] {
  const named = (...variables: (keyof Config & `${string}_PORT`)[]): WantedPort[] =>
    variables.map((variable) => ({ port: config[variable], variable }))
  return [
    ...(config.KAFKA_BROKERS === undefined ? brokerPorts(config) : []),
    ...(config.SCHEMA_REGISTRY_URL === undefined ? named('REGISTRY_PORT') : []),
    ...(config.CLICKHOUSE_URL === undefined ? named('CLICKHOUSE_HTTP_PORT', 'CLICKHOUSE_TCP_PORT') : []),
    ...named('TWIN_META_PORT', 'TWIN_GOOGLE_PORT', 'TWIN_TIKTOK_PORT', 'EDGE_PORT', 'CONSOLE_PORT'),
    ...Array.from({ length: roles }, (_, index) => ({ port: config.ADMIN_PORT_BASE + index, variable: 'ADMIN_PORT_BASE' })),
  ]
}

const brokerPorts = (config: Config): WantedPort[] =>
  brokerNodes(config).flatMap(({ port, portVariable, controllerPort, controllerPortVariable }) => [
    { port, variable: portVariable },
    { port: controllerPort, variable: controllerPortVariable },
  ])

/** Throws `port_taken` when two of them are one, or something listens on one already. */
export async function requireFreePorts(wanted: readonly WantedPort[]): Promise<void> {
  const seen = new Map<number, string>()
  for (const { port, variable } of wanted) {
    const other = seen.get(port)
    if (other !== undefined)
      throw new Fault('port_taken', `Port ${port} is wanted by both ${other} and ${variable}. Set one of them to another port.`)
    seen.set(port, variable)
  }
  await Promise.all(wanted.map(({ port, variable }) => requireFreePort(port, variable)))
}

/** Throws `port_taken` naming the port and the variable that moves it. */
export async function requireFreePort(port: number, variable: string): Promise<void> {
  const free = await new Promise<boolean>((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)))
  })
  if (!free) throw new Fault('port_taken', `Port ${port} is taken. Stop what listens there, or choose another with ${variable}.`)
}
