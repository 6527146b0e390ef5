import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Config } from '../config.ts'
import { Fault } from '../events/fault.ts'
import { describeBrokers } from '../kafka/admin.ts'
import { brokerNodes } from './broker-settings.ts'
import { startBroker } from './kafka.ts'
import { keepUp, type Part } from './part.ts'
import type { Progress } from './tools.ts'

const POLL_MS = 100
const ALL_WITHIN_MS = 60_000

/** The local brokers, one or three, each kept up by itself: one that is killed comes back on its own data while the others go on. */
export async function keepUpBrokers(config: Config, dataDir: string, progress: Progress, onChange: () => void): Promise<Part> {
  const nodes = brokerNodes(config)
  refuseOtherCount(dataDir, nodes.length)
  const nameOf = (id: number): string => (nodes.length === 1 ? 'Kafka' : `Kafka ${id}`)
  const started = await Promise.allSettled(
    nodes.map((node) => keepUp(nameOf(node.id), () => startBroker({ dataDir, node, nodes, progress }), progress, onChange)),
  )
  const up = started.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
  const stop = async (): Promise<void> => void (await Promise.all(up.map((part) => part.stop())))
  const address = up.map((part) => part.address).join(',')
  try {
    for (const one of started) if (one.status === 'rejected') throw one.reason
    await untilAllKnown(up.map((part) => part.address))
  } catch (error) {
    await stop()
    throw error
  }
  return {
    address,
    get pid() {
      return up[0]?.pid ?? -1
    },
    get pids() {
      return up.map((part) => part.pid)
    },
    stop,
  }
}

/** Topics with as many replicas as there are brokers can be made only once each has registered. */
async function untilAllKnown(addresses: readonly string[]): Promise<void> {
  const giveUpAt = performance.now() + ALL_WITHIN_MS
  const client = { brokers: addresses, clientId: 'local', report: () => undefined }
  while ((await describeBrokers(client)).length < addresses.length) {
    if (performance.now() > giveUpAt) throw new Fault('part_down', `Not all of ${addresses.join(', ')} are in the cluster after 60 s.`)
    await sleep(POLL_MS)
  }
}

/** What one broker stored has one replica, and three would begin empty beside it. */
function refuseOtherCount(dataDir: string, count: number): void {
  const other = count === 1 ? 'kafka-1' : 'kafka'
  if (!existsSync(join(dataDir, other))) return
  throw new Fault(
    'config_invalid',
    `The data of ${dataDir} are those of ${count === 1 ? 'three brokers' : 'one broker'}. Set KAFKA_LOCAL_BROKERS to ${count === 1 ? 3 : 1}, or DATA_DIR to another folder.`,
  )
}
