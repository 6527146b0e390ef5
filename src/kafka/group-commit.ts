import { GenerationChanged } from './fault.ts'
import type { Outputs } from './outputs.ts'

/** What one batch or one timer wants in a transaction. */
export type Part = {
  readonly outputs: Outputs
  /** Where its input stands afterwards; absent for timers and tables. */
  readonly position?: { readonly topic: string; readonly partition: number; readonly next: number }
  /** Asked right before the transaction begins; a part that is no longer ours is left out. */
  readonly isCurrent: () => boolean
}

export type GroupCommit = {
  /** Tells that `isAtWork` answers no now, where it did not. */
  settled(): void
  /** Resolves when the transaction with this part has committed. Rejects with GenerationChanged when it was left out. */
  add(part: Part): Promise<void>
  /** Resolves as soon as the next batch may be worked on: at once while little waits, else when the transaction with this part has
   *  begun. Whoever goes on so is ahead of what is committed: `hold` commits what waits. Rejects as `add`, unless it had resolved. */
  admit(part: Part): Promise<void>
  /** Commits what was admitted, and begins no further transaction until `release`; resolves when the last one has ended. */
  hold(): Promise<void>
  release(): void
  /** Rejects what waits with GenerationChanged, and all that comes until `release`: its generation has ended, and no other has begun. */
  giveUp(): void
  /** Resolves when nothing is waiting and no transaction runs. */
  idle(): Promise<void>
}

type Waiting = Part & {
  readonly until: 'gone' | 'begun' | 'committed'
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

const FULL_RECORDS = 50_000
const FULL_BYTES = 16_000_000
/** So many outputs may wait while the next batch is worked on. */
const AHEAD_RECORDS = 10_000
/** Of the interval: by so much a transaction may begin early or late. */
const SLACK = 1 / 8

/** One transaction at a time for all partitions of the process: begun as soon as there is work and the last one began
 *  about `intervalMs` ago, at once when much has gathered. Within `SLACK` of it, it begins where what a fetch brought is worked off rather
 *  than amid it: what is left out waits for the whole next interval. A rebalance waits for running batches and then, by `hold`, for what
 *  they left, so that no transaction outlives its generation. */
export function createGroupCommit(deps: {
  readonly intervalMs: number
  /** Parts are being made that could come along. */
  readonly isAtWork?: () => boolean
  /** Runs one transaction. A rejection is final: nothing is tried again. */
  readonly run: (parts: readonly Part[]) => Promise<void>
  readonly onFatal: (error: unknown) => void
}): GroupCommit {
  let open: Waiting[] = []
  let records = 0
  let bytes = 0
  let lastBeganMs = -Infinity
  let timer: NodeJS.Timeout | null = null
  let busy = false
  let broken = false
  let held = false
  let givenUp = false
  let waiters: { readonly until: () => boolean; readonly resolve: () => void }[] = []

  const schedule = (): void => {
    if (busy || broken || held || open.length === 0) return
    if (timer !== null) clearTimeout(timer)
    timer = setTimeout(beginUnlessAtWork, restMs())
  }

  const restMs = (): number => {
    if (records >= FULL_RECORDS || bytes >= FULL_BYTES) return 0
    const slackMs = deps.intervalMs * SLACK
    const dueInMs = lastBeganMs + deps.intervalMs - performance.now()
    if (deps.isAtWork?.() === true) return Math.max(0, dueInMs + slackMs)
    return dueInMs > slackMs ? dueInMs : 0
  }

  const beginUnlessAtWork = (): void => {
    if (restMs() > 0) schedule()
    else beginTransaction()
  }

  const takeOpen = (): Waiting[] => {
    const taken = open
    open = []
    records = 0
    bytes = 0
    return taken
  }

  const beginTransaction = (): void => {
    timer = null
    busy = true
    lastBeganMs = performance.now()
    const ours: Waiting[] = []
    for (const part of takeOpen()) {
      if (!part.isCurrent()) {
        part.reject(new GenerationChanged('its partitions may have another owner'))
        continue
      }
      ours.push(part)
      if (part.until !== 'committed') part.resolve()
    }
    deps
      .run(ours)
      .then(
        () => {
          for (const part of ours) part.resolve()
        },
        (error: unknown) => {
          broken = true
          deps.onFatal(error) // the parts stay unanswered: nothing may go on from here
        },
      )
      .finally(() => {
        busy = false
        schedule()
        const done = waiters.filter(({ until }) => until())
        waiters = waiters.filter((waiter) => !done.includes(waiter))
        for (const { resolve } of done) resolve()
      })
  }

  const when = (until: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      if (until()) resolve()
      else waiters.push({ until, resolve })
    })

  const put = (part: Part, until: Waiting['until']): Promise<void> =>
    new Promise((resolve, reject) => {
      if (givenUp) return reject(new GenerationChanged('its generation has ended'))
      open.push({ ...part, until, resolve, reject })
      records += part.outputs.count
      bytes += part.outputs.bytes
      schedule()
    })

  return {
    settled: schedule,
    add: (part) => put(part, 'committed'),
    admit(part) {
      const goesOn = !held && records + part.outputs.count <= AHEAD_RECORDS
      const begun = put(part, goesOn ? 'gone' : 'begun')
      if (!goesOn) return begun
      begun.catch(() => undefined) // its batch comes again in the next generation
      return Promise.resolve()
    },
    async hold() {
      await when(() => !busy)
      if (!broken && !held && open.some(({ until }) => until === 'gone')) {
        if (timer !== null) clearTimeout(timer)
        beginTransaction()
      }
      held = true
      if (timer !== null) clearTimeout(timer)
      timer = null
      await when(() => !busy)
    },
    release() {
      held = false
      givenUp = false
      schedule()
    },
    giveUp() {
      givenUp = true
      for (const { reject } of takeOpen()) reject(new GenerationChanged('its generation has ended'))
    },
    idle: () => when(() => broken || held || (!busy && open.length === 0)),
  }
}
