export type Paced = {
  /** Runs soon; any number of calls before it runs cost one run, and one during a run costs another one after it. */
  ask(): void
  stop(): void
}

/** A run is followed by a rest three times as long, so that a slow server is not kept busy by an open page. */
const REST_FACTOR = 3
const REST_MAX_MS = 10_000

/** Spaces out runs of `run` (a failed one counts as run): at least `leastMs` after the first ask. The first run starts at once. */
export function createPaced(run: () => Promise<void>, leastMs: number, nowMs: () => number): Paced {
  let timer: ReturnType<typeof setTimeout> | undefined
  let isRunning = false
  let isAsked = false
  let isStopped = false
  let restMs = leastMs

  function start(): void {
    timer = undefined
    isRunning = true
    const startedMs = nowMs()
    const over = (): void => {
      isRunning = false
      restMs = Math.min(REST_MAX_MS, Math.max(leastMs, REST_FACTOR * (nowMs() - startedMs)))
      if (!isAsked) return
      isAsked = false
      ask()
    }
    run().then(over, over)
  }
  function ask(): void {
    if (isStopped) return
    if (isRunning) isAsked = true
    else timer ??= setTimeout(start, restMs)
  }

  start()
  return {
    ask,
    stop() {
      isStopped = true
      clearTimeout(timer)
    },
  }
}
