import { EventEmitter } from 'node:events'
import { expect, test } from 'vitest'
import { untouched } from './modules.ts'
import { endWithTheRunner, type Runner } from './runner.ts'

const SPINS = 1_000

type StockRunner = Runner & { start(): Promise<void>; stop(): Promise<void>; scheduleFetchManager(): void }
type RunnerClass = { new (options: object): StockRunner; prototype: StockRunner }

const log = { debug() {}, info() {}, warn() {}, error() {}, namespace: () => log }

/** A runner with two brokers, one of which goes while the other's fetch is under way, and which is stopped before that fetch ends.
 *  `asked` counts how often the brokers are looked at afterwards; past SPINS the loop is cut by a throw. */
async function stoppedWhileBrokersChange(Runner: RunnerClass): Promise<number> {
  let nodes = [1, 2]
  let isStopping = false
  let asked = 0
  const slow = Promise.withResolvers<unknown[]>()
  const left = Promise.withResolvers<void>()
  const runner = new Runner({
    logger: log,
    instrumentationEmitter: new EventEmitter(),
    concurrency: 1,
    onCrash: () => left.resolve(),
    retry: { retries: 0 },
    heartbeatInterval: 1_000,
    consumerGroup: {
      connect: async () => undefined,
      joinAndSync: async () => undefined,
      heartbeat: async () => undefined,
      leave: async () => left.resolve(),
      getNodeIds() {
        if (isStopping && ++asked > SPINS) throw new Error('it spins')
        return nodes
      },
      async fetch(nodeId: number) {
        if (nodeId === 2) return slow.promise
        await new Promise((resolve) => setImmediate(resolve))
        return []
      },
    },
  })
  await runner.start()
  nodes = [1]
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve)) // the fetcher of broker 1 sees it
  isStopping = true
  const stopped = runner.stop()
  slow.resolve([])
  await Promise.race([stopped, left.promise])
  return asked
}

test.each([
  { name: 'stock spins for ever', patched: false, spins: true },
  { name: 'ours ends', patched: true, spins: false },
])('a-stop-ends: a consumer is stopped while its brokers change; $name', async ({ patched, spins }) => {
  const Runner = untouched('src/consumer/runner.js') as RunnerClass
  if (patched) endWithTheRunner(Runner)
  expect((await stoppedWhileBrokersChange(Runner)) > SPINS).toBe(spins)
})
