import type { Config } from '../config.ts'

/** One broker of this machine, controller too, with its ports and the variables that move them. */
export type BrokerNode = {
  readonly id: number
  readonly port: number
  readonly portVariable: string
  readonly controllerPort: number
  readonly controllerPortVariable: string
}

/** Settings of brokers that share two cores with everything else: few threads, small logs for their own topics, and no waiting
 *  where a cluster would wait. */
const SHARED = {
  'process.roles': 'broker,controller',
  'controller.listener.names': 'CONTROLLER',
  'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
  'auto.create.topics.enable': 'false',
  'offsets.topic.num.partitions': 1,
  'transaction.state.log.num.partitions': 1,
  'group.initial.rebalance.delay.ms': 0,
  'group.coordinator.append.linger.ms': 0,
  'num.network.threads': 2,
  'num.io.threads': 3,
  'background.threads': 2,
  'log.cleaner.dedupe.buffer.size': 16_777_216,
  'log.index.size.max.bytes': 1_048_576,
  // Killed and started again, it may not register before its former self has expired: 9 s by default.
  'broker.session.timeout.ms': 4_000,
  'broker.heartbeat.interval.ms': 1_000,
} as const

/** Of a broker that is alone. */
export const BROKER_SETTINGS: Readonly<Record<string, string | number>> = {
  ...SHARED,
  'node.id': 1,
  'offsets.topic.replication.factor': 1,
  'transaction.state.log.replication.factor': 1,
  'transaction.state.log.min.isr': 1,
}

/** Of three brokers: what was acknowledged outlives any one of them, and none that missed it may lead. */
const THREE = {
  'default.replication.factor': 3,
  'min.insync.replicas': 2,
  'unclean.leader.election.enable': 'false',
  'offsets.topic.replication.factor': 3,
  'transaction.state.log.replication.factor': 3,
  'transaction.state.log.min.isr': 2,
  // A broker that came back leads again within seconds, so that one that is killed next has something to lose.
  'leader.imbalance.check.interval.seconds': 10,
} as const

/** The brokers a stack of this machine runs, by KAFKA_LOCAL_BROKERS. */
export function brokerNodes(config: Config): BrokerNode[] {
  const first: BrokerNode = {
    id: 1,
    port: config.KAFKA_PORT,
    portVariable: 'KAFKA_PORT',
    controllerPort: config.KAFKA_CONTROLLER_PORT,
    controllerPortVariable: 'KAFKA_CONTROLLER_PORT',
  }
  const variable = 'KAFKA_MORE_PORTS_BASE'
  const more = Array.from({ length: config.KAFKA_LOCAL_BROKERS - 1 }, (_, index) => ({
    id: index + 2,
    port: config.KAFKA_MORE_PORTS_BASE + 2 * index,
    portVariable: variable,
    controllerPort: config.KAFKA_MORE_PORTS_BASE + 2 * index + 1,
    controllerPortVariable: variable,
  }))
  return [first, ...more]
}

/** All but where the data lies. */
export const brokerSettings = (node: BrokerNode, nodes: readonly BrokerNode[]): Record<string, string | number> => ({
  ...BROKER_SETTINGS,
  ...(nodes.length === 1 ? {} : THREE),
  'node.id': node.id,
  'controller.quorum.voters': nodes.map(({ id, controllerPort }) => `${id}@127.0.0.1:${controllerPort}`).join(','),
  listeners: `PLAINTEXT://127.0.0.1:${node.port},CONTROLLER://127.0.0.1:${node.controllerPort}`,
  'advertised.listeners': `PLAINTEXT://127.0.0.1:${node.port}`,
})
