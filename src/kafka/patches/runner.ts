import { stock } from './modules.ts'

/** The parts of kafkajs's Runner that fetch. */
export type Runner = {
  running: boolean
  readonly fetchManager: { stop(): Promise<void> }
  fetch(nodeId: number): Promise<unknown[]>
}

/** A consumer that is stopped while its brokers change begins to fetch once more: stop has ended the fetchers from before, nobody ends
 *  those made after it, and each is answered "nothing" at once, for ever. No timer and no socket of the process gets its turn then.
 *  A fetcher that is answered so ends here. */
export function endWithTheRunner({ prototype }: { prototype: Runner }): void {
  const { fetch } = prototype
  prototype.fetch = function fetchWhileRunning(nodeId) {
    if (this.running) return fetch.call(this, nodeId)
    this.fetchManager.stop().catch(() => undefined) // ends with this very fetch, so it cannot be waited for
    return Promise.resolve([])
  }
}

export const applyRunner = (): void => endWithTheRunner(stock('src/consumer/runner.js') as { prototype: Runner })
