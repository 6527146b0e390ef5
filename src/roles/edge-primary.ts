import cluster, { type Worker } from 'node:cluster'
import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Config } from '../config.ts'
import { createHub } from '../edge/limits/hub.ts'
import { Fault } from '../events/fault.ts'
import { listen, type Readiness, serveAdmin } from '../observe/admin.ts'
import { createLog } from '../observe/log.ts'
import { restartWaitMs } from '../observe/restart-wait.ts'
import { summed } from '../observe/summed.ts'
import type { ToPrimary, ToWorker } from './edge-messages.ts'

type State = Extract<ToPrimary, { kind: 'state' }>
/** The worker with this number, whichever process it is at the moment. */
type Slot = { readonly number: number; worker: Worker; gone: Promise<void> }

const ASK_WITHIN_MS = 1_000
/** Longer than a process gives itself. */
const STOP_WITHIN_MS = 11_000
const PORT_FREE_WITHIN_MS = 2_000
const PORT_POLL_MS = 50

/** Runs EDGE_PROCESSES processes behind the public port, each with a producer and a folder of the spool of its own; starts one again that
 *  dies, while the others serve; answers for all of them on ADMIN_PORT; keeps their common count of the limits where there is no Redis. */
export async function runEdgePrimary(config: Config): Promise<void> {
  const log = createLog('edge', config.LOG_LEVEL)
  const hub = createHub()
  const slots: Slot[] = []
  const waiting = new Map<number, (state: State) => void>()
  const readiness: Readiness = { ready: false, reason: 'starting' }
  let questions = 0
  let stopping = false
  let wereAllReady = false

  const say = (worker: Worker, message: ToWorker): void => {
    // One that is just ending hears nothing.
    if (worker.isConnected()) worker.send(message, () => undefined)
  }

  async function hear(worker: Worker, message: ToPrimary): Promise<void> {
    if (message.kind === 'state') waiting.get(message.id)?.(message)
    else say(worker, { kind: 'heard', id: message.id, heard: await hub.tell(message.now, message.told) })
  }

  function launch(number: number, waitedMs: number): Slot {
    const worker = cluster.fork({ EDGE_WORKER: String(number) })
    const gone = new Promise<void>((resolve) => worker.once('exit', () => resolve()))
    const startedMs = performance.now()
    worker.on('message', (message: ToPrimary) => {
      hear(worker, message).catch((error: unknown) => log.error({ error: String(error) }, 'edge.worker_unheard'))
    })
    worker.on('error', (error) => log.warn({ worker: number, error: error.message }, 'edge.worker_error'))
    worker.once('exit', (code, signal) => {
      if (stopping) return
      const wait = restartWaitMs(performance.now() - startedMs, waitedMs)
      log.error({ worker: number, code, signal, again_in_ms: wait }, 'edge.worker_ended')
      setTimeout(() => {
        if (!stopping) slots[number] = launch(number, wait)
      }, wait)
    })
    return { number, worker, gone }
  }

  /** Those that answer in time. */
  async function states(): Promise<State[]> {
    const asked = slots.map(async ({ worker }) => {
      const id = ++questions
      const { promise, resolve } = Promise.withResolvers<State | null>()
      const timer = setTimeout(resolve, ASK_WITHIN_MS, null)
      waiting.set(id, resolve)
      say(worker, { kind: 'ask', id })
      const state = await promise
      clearTimeout(timer)
      waiting.delete(id)
      return state
    })
    return (await Promise.all(asked)).filter((state) => state !== null)
  }

  /** At the start all must be there; later one that comes back takes nothing from the others. */
  async function ready(): Promise<Readiness> {
    if (stopping) return readiness
    const told = await states()
    const count = told.filter((state) => state.readiness.ready).length
    wereAllReady ||= count === config.EDGE_PROCESSES
    const why = told.find((state) => !state.readiness.ready)?.readiness.reason
    const isReady = wereAllReady ? count > 0 : false
    return { ready: isReady, reason: `${count} of ${config.EDGE_PROCESSES} processes are ready${why === undefined ? '' : `: ${why}`}` }
  }

  const admin = await serveAdmin({
    port: config.ADMIN_PORT,
    scrape: async () => summed((await states()).map(({ metrics }) => metrics)),
    readiness: ready,
  })
  await requireFree(config.EDGE_PORT)
  // Whoever is killed leaves no connection behind that was handed to him and nobody serves or closes.
  cluster.schedulingPolicy = cluster.SCHED_NONE
  for (let number = 0; number < config.EDGE_PROCESSES; number++) slots.push(launch(number, 0))

  const stop = async (signal: NodeJS.Signals): Promise<void> => {
    if (stopping) return
    stopping = true
    Object.assign(readiness, { ready: false, reason: 'stopping' })
    setTimeout(() => process.exit(1), STOP_WITHIN_MS).unref()
    for (const { worker } of slots) worker.process.kill(signal)
    await Promise.all(slots.map(({ gone }) => gone))
    await admin.close()
    process.exit(0)
  }
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGUSR2'] as const) process.on(signal, () => void stop(signal))
}

/** Processes of two edges could share a port, and nobody would notice. Those of an edge that was just killed are given time to go. */
async function requireFree(port: number): Promise<void> {
  const giveUpAt = performance.now() + PORT_FREE_WITHIN_MS
  for (;;) {
    const probe = createServer()
    try {
      await listen(probe, { port })
      return await new Promise((resolve) => probe.close(() => resolve()))
    } catch (error) {
      if (!(error instanceof Fault) || performance.now() > giveUpAt) throw error
    }
    await sleep(PORT_POLL_MS)
  }
}
