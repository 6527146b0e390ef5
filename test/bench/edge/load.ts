import { percentile } from '../figures.ts'
import type { GoodAnswer } from '../peers/peer.ts'
import { type Connection, openConnection } from './connection.ts'
import { type LoadKind, requestsOf } from './requests.ts'

/** What a generator is told to do, by message. */
export type Load = {
  readonly url: string
  readonly kind: LoadKind
  readonly good: GoodAnswer
  /** Part of every id, so that no two loads share one. */
  readonly mark: string
  readonly connections: number
  readonly warmUpMs: number
  readonly measureMs: number
  /** At even distances, whatever the answers do; null: each connection sends again as soon as it was answered. */
  readonly ratePerS: number | null
}

export type LoadResult = {
  /** Good answers within the time that counts, and that time. */
  readonly answers: number
  readonly elapsedMs: number
  readonly p50Ms: number | null
  /** From when a request was due, so that a server that stalls does not hide it. */
  readonly p99Ms: number | null
  readonly longestMs: number | null
  /** Good answers of all, the warm-up included. */
  readonly acknowledged: number
  readonly failures: Readonly<Record<string, number>>
}
export type LoadMessage = { readonly kind: 'warm' } | { readonly kind: 'over' } | { readonly kind: 'result'; readonly result: LoadResult }

const LAST_ANSWERS_WITHIN_MS = 15_000

async function fire(load: Load, say: (message: LoadMessage) => void): Promise<void> {
  const requests = requestsOf(load)
  const { hostname, port } = new URL(load.url)
  const due: number[] = []
  const idle: (() => void)[] = []
  const latencies: number[] = []
  const failures: Record<string, number> = {}
  let [acknowledged, answers, open, counting, over] = [0, 0, 0, false, false]
  const { promise: silent, resolve: allAnswered } = Promise.withResolvers<void>()
  const fail = (why: string): void => {
    failures[why] = (failures[why] ?? 0) + 1
  }

  function runConnection(): void {
    let sentMs = 0
    let busy = false
    const next = (): void => {
      if (over) return
      const dueMs = load.ratePerS === null ? performance.now() : due.shift()
      if (dueMs === undefined) return void idle.push(next)
      sentMs = dueMs
      busy = true
      open++
      connection.send(requests.next())
    }
    const done = (): void => {
      busy = false
      open--
      if (over && open === 0) allAnswered()
    }
    const connection: Connection = openConnection(
      hostname,
      Number(port),
      ({ status, body }) => {
        const good = status === load.good.status && body.includes(load.good.holds)
        if (good) acknowledged++
        else fail(status === load.good.status ? `${status} ${body.slice(0, 120)}` : String(status))
        if (good && counting) {
          answers++
          latencies.push(performance.now() - sentMs)
        }
        done()
        next()
      },
      (why) => {
        fail(why)
        if (busy) done()
        if (!over) setTimeout(runConnection, 50)
      },
    )
    next()
  }
  for (let n = 0; n < load.connections; n++) runConnection()

  const stop = load.ratePerS === null ? () => undefined : atEvenDistances(load.ratePerS, due, idle)
  await sleep(load.warmUpMs)
  counting = true
  const startedMs = performance.now()
  say({ kind: 'warm' })
  await sleep(load.measureMs)
  counting = false
  over = true
  const endedMs = performance.now()
  say({ kind: 'over' })
  stop()
  for (const dueMs of due) latencies.push(endedMs - dueMs) // waited at least so long
  if (open > 0) await Promise.race([silent, sleep(LAST_ANSWERS_WITHIN_MS)])
  if (open > 0) failures.unanswered = open
  const [p50Ms = null, p99Ms = null, longestMs = null] = [0.5, 0.99, 1].map((share) => percentile(latencies, share))
  say({ kind: 'result', result: { answers, elapsedMs: endedMs - startedMs, p50Ms, p99Ms, longestMs, acknowledged, failures } })
}

function atEvenDistances(ratePerS: number, due: number[], idle: (() => void)[]): () => void {
  const startedMs = performance.now()
  let sent = 0
  const timer = setInterval(() => {
    for (; startedMs + (sent * 1_000) / ratePerS <= performance.now(); sent++) {
      due.push(startedMs + (sent * 1_000) / ratePerS)
      idle.shift()?.()
    }
  }, 1)
  return () => clearInterval(timer)
}

const sleep = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms))

process.on('disconnect', () => process.exit(0))
process.once('message', (load) => {
  fire(load as Load, (message) => process.send?.(message)).catch((error: unknown) => {
    console.error(error)
    process.exit(1)
  })
})
