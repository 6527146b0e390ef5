/** What ends with the stack, last started first. */
export type Ending = {
  add(end: () => Promise<unknown>): void
  /** Ends everything, once; a second call waits for the first. */
  run(): Promise<void>
  readonly begun: boolean
}

export function createEnding(): Ending {
  const ends: (() => Promise<unknown>)[] = []
  let over: Promise<void> | null = null
  const all = async () => {
    for (const end of ends.toReversed()) await end()
  }
  return {
    add: (end) => void ends.push(end),
    run() {
      over ??= all()
      return over
    },
    get begun() {
      return over !== null
    },
  }
}

const PARENT_ASKED_EVERY_MS = 500

/** Ctrl-C, a closed terminal and SIGTERM end the stack and then this process. */
export function endOnSignals(ending: Ending): void {
  const leave = () => {
    if (!ending.begun) console.log('\nstopping')
    ending.run().then(
      () => process.exit(0),
      () => process.exit(1),
    )
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, leave)
  if (process.env.npm_lifecycle_event !== undefined) onOrphaned(leave)
}

/** SIGTERM to `npm start` ends npm and its shell, and never reaches us: that our parent is another says so. */
function onOrphaned(leave: () => void): void {
  const parent = process.ppid
  const timer = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(timer)
    leave()
  }, PARENT_ASKED_EVERY_MS)
}
